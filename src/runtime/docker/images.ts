/** Images: present or pulled as the policy says, each at most once at a time, and what their configuration says. */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { WorldError } from '../../resources/index.ts'
import type { EngineClient } from './client.ts'
import { bodyOf } from './client.ts'
import { parseImageName, registryAuth } from './image-name.ts'
import type { Log } from './log.ts'
import { list, numberOr, parseLines, record, textOr, textsOf } from './wire.ts'

export type ImageConfig = {
  readonly id: string
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  /** `user[:group]`, empty for root. */
  readonly user: string
  /** `repository@sha256:…` where a registry knows the image. */
  readonly digest: string | null
}

export type PullPolicy = 'Always' | 'IfNotPresent' | 'Never'

/** An image that was pulled or asked for within this time is not asked for again under `Always`. */
const freshMs = 60_000
const presentMs = 30_000
const firstBackoffMs = 2_000
const longestBackoffMs = 300_000

type Failure = { readonly error: WorldError; readonly until: number; readonly backoffMs: number }

export class Images {
  private readonly client: EngineClient
  private readonly log: Log
  private readonly present = new Map<string, { readonly config: ImageConfig; readonly until: number }>()
  private readonly freshUntil = new Map<string, number>()
  private readonly finding = new Map<string, Promise<ImageConfig | null>>()
  private readonly pulls = new Map<string, Promise<void>>()
  private readonly failures = new Map<string, Failure>()

  constructor(client: EngineClient, log: Log) {
    this.client = client
    this.log = log
  }

  /**
   * @throws WorldError IMAGE_PULL, whose text begins with Kubernetes' reason (`ErrImagePull: …`, `ImagePullBackOff: …`)
   * @throws UserError for a name that is none
   */
  async ensure(
    image: string,
    policy: PullPolicy,
    credentials: readonly string[],
    signal?: AbortSignal,
  ): Promise<ImageConfig> {
    parseImageName(image)
    const local = await this.find(image, signal)
    if (local && (policy !== 'Always' || (this.freshUntil.get(image) ?? 0) > Date.now())) return local
    if (policy === 'Never') {
      throw pullError('ErrImageNeverPull', `Container image "${image}" is not present with pull policy of Never`)
    }
    try {
      await abortable(this.pull(image, credentials), signal)
    } catch (error) {
      if (!local || !(error instanceof WorldError) || error.code !== 'IMAGE_PULL') throw error
      this.log('warn', 'the image could not be pulled, the local one is used', { image, reason: error.message })
      this.freshUntil.set(image, Date.now() + freshMs)
      return local
    }
    this.freshUntil.set(image, Date.now() + freshMs)
    this.present.delete(image)
    const pulled = await this.find(image, signal)
    if (!pulled) throw pullError('ErrImagePull', `"${image}" was pulled and is not there`)
    return pulled
  }

  /** The engine said there is no such image: ask again next time. */
  forget(image: string): void {
    this.present.delete(image)
    this.freshUntil.delete(image)
  }

  private find(image: string, signal?: AbortSignal): Promise<ImageConfig | null> {
    const known = this.present.get(image)
    if (known && known.until > Date.now()) return Promise.resolve(known.config)
    const running = this.finding.get(image) ?? this.inspect(image).finally(() => this.finding.delete(image))
    this.finding.set(image, running)
    return abortable(running, signal)
  }

  private async inspect(image: string): Promise<ImageConfig | null> {
    const reply = await this.client.call('inspectImage', 'GET', `/images/${encodeName(image)}/json`, {
      allow: [404],
    })
    if (reply.status === 404) return null
    const whole = record(JSON.parse(reply.body.toString('utf8')))
    const config = record(whole.Config)
    const found: ImageConfig = {
      id: textOr(whole.Id, ''),
      entrypoint: textsOf(config.Entrypoint),
      command: textsOf(config.Cmd),
      user: textOr(config.User, ''),
      digest: textsOf(list(whole.RepoDigests))[0] ?? null,
    }
    this.present.set(image, { config: found, until: Date.now() + presentMs })
    return found
  }

  private pull(image: string, credentials: readonly string[]): Promise<void> {
    const running = this.pulls.get(image)
    if (running) return running
    const failure = this.failures.get(image)
    if (failure && failure.until > Date.now()) return Promise.reject(backingOff(image, failure.error))
    const pull = this.pullNow(image, credentials)
      .then(() => void this.failures.delete(image))
      .catch((error: unknown) => {
        if (error instanceof WorldError && error.code === 'IMAGE_PULL') this.remember(image, error)
        throw error
      })
      .finally(() => this.pulls.delete(image))
    this.pulls.set(image, pull)
    return pull
  }

  private remember(image: string, error: WorldError): void {
    const isLimited = /toomanyrequests|429|rate limit/i.test(error.message)
    const before = this.failures.get(image)?.backoffMs ?? firstBackoffMs / 2
    const backoffMs = Math.min(longestBackoffMs, isLimited ? Math.max(30_000, before * 2) : before * 2)
    this.failures.set(image, { error, backoffMs, until: Date.now() + backoffMs })
  }

  private async pullNow(image: string, credentials: readonly string[]): Promise<void> {
    const name = parseImageName(image)
    const auth = registryAuth(name.registry, [...credentials, ownDockerConfig()])
    this.log('info', 'pulling an image', { image })
    const began = performance.now()
    const stream = await this.client.stream('pullImage', 'POST', '/images/create', {
      query: { fromImage: name.repository, tag: name.tag },
      headers: auth === null ? undefined : { 'X-Registry-Auth': auth },
      deadlineMs: 120_000,
      allow: [400, 401, 403, 404, 409, 429, 500, 502, 503, 504],
    })
    if ((stream.statusCode ?? 0) >= 400) {
      const body = (await bodyOf(stream)).toString('utf8')
      throw pullError('ErrImagePull', messageOf(body))
    }
    const progress = new PullProgress(image, this.log)
    for await (const line of parseLines(stream)) {
      const { error, status, id, progressDetail } = record(line)
      if (typeof error === 'string') throw pullError('ErrImagePull', error)
      progress.note(textOr(id, ''), textOr(status, ''), record(progressDetail))
    }
    this.log('info', 'pulled an image', { image, ms: Math.round(performance.now() - began) })
  }
}

const pullError = (reason: string, message: string): WorldError =>
  new WorldError('IMAGE_PULL', `${reason}: ${message}`, { retryable: true })

const backingOff = (image: string, last: WorldError): WorldError =>
  new WorldError('IMAGE_PULL', `ImagePullBackOff: Back-off pulling image "${image}": ${last.message}`, {
    retryable: true,
    cause: last,
  })

const encodeName = (image: string): string => image.split('/').map(encodeURIComponent).join('/')

function messageOf(body: string): string {
  try {
    return textOr(record(JSON.parse(body)).message, body)
  } catch {
    return body.trim()
  }
}

function ownDockerConfig(): string {
  try {
    return readFileSync(join(process.env.DOCKER_CONFIG ?? join(homedir(), '.docker'), 'config.json'), 'utf8')
  } catch {
    return '{}'
  }
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Adds the layers up and says every five seconds how far the pull is. */
class PullProgress {
  private readonly layers = new Map<string, { done: number; total: number }>()
  private readonly image: string
  private readonly log: Log
  private saidAt = performance.now()

  constructor(image: string, log: Log) {
    this.image = image
    this.log = log
  }

  note(layer: string, status: string, detail: Readonly<Record<string, unknown>>): void {
    if (status === 'Downloading') {
      this.layers.set(layer, { done: numberOr(detail.current, 0), total: numberOr(detail.total, 0) })
    }
    if (performance.now() - this.saidAt < 5_000) return
    this.saidAt = performance.now()
    let [doneBytes, totalBytes] = [0, 0]
    for (const { done, total } of this.layers.values()) {
      doneBytes += done
      totalBytes += total
    }
    this.log('info', 'still pulling an image', { image: this.image, doneBytes, totalBytes })
  }
}
