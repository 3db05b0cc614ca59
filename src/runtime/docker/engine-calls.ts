/** The engine's calls about containers and volumes that the parts of the adapter share, each safe to repeat. */
import { WorldError } from '../../resources/index.ts'
import { type CallOptions, type EngineClient, EngineError, EngineSilent, type Reply } from './client.ts'
import { label } from './names.ts'
import { endStuckShim } from './stuck-shim.ts'
import {
  type InspectedContainer,
  type ListedContainer,
  inspectedContainer,
  list,
  listedContainer,
  record,
  textOr,
} from './wire.ts'

/** Where Docker and Podman mount it, which leaves a file below. */
const initPrograms: ReadonlySet<string> = new Set(['/sbin/docker-init', '/run/podman-init'])

/** Who does not answer about a container for so long waits for its lock. */
const silentMs = 10_000

/** Many more than a list may be late by. */
const removedMost = 2_000

export class EngineCalls {
  readonly client: EngineClient
  private readonly removed = new Set<string>()

  constructor(client: EngineClient) {
    this.client = client
  }

  /** The new container's id, or `null` where the name is taken. */
  async create(name: string, body: object, signal?: AbortSignal): Promise<string | null> {
    const reply = await this.client.call('createContainer', 'POST', '/containers/create', {
      query: { name },
      body,
      allow: [409],
      deadlineMs: 120_000,
      signal,
    })
    if (reply.status === 409) return null
    return textOr(record(JSON.parse(reply.body.toString('utf8'))).Id, '')
  }

  /** @throws EngineError where the engine cannot start it; started already is no error */
  async start(id: string): Promise<void> {
    await this.about(id, 'startContainer', 'POST', `/containers/${id}/start`, { deadlineMs: 120_000 })
  }

  async inspect(id: string, signal?: AbortSignal): Promise<InspectedContainer | null> {
    const reply = await this.about(id, 'inspectContainer', 'GET', `/containers/${id}/json`, { allow: [404], signal })
    return reply.status === 404 ? null : inspectedContainer(JSON.parse(reply.body.toString('utf8')))
  }

  /**
   * Whether a process of it was ever begun: then its file system shows where the engine put its init program. An engine
   * that cannot tell, or a proxy that does not let it, counts as no.
   */
  async hasBegun(id: string): Promise<boolean> {
    const reply = await this.client.call('changes', 'GET', `/containers/${id}/changes`, { allow: [403, 404, 500, 501] })
    if (reply.status >= 400 || reply.body.length === 0) return false
    const paths = list(JSON.parse(reply.body.toString('utf8'))).map((one) => textOr(record(one).Path, ''))
    return paths.some((path) => initPrograms.has(path))
  }

  async listOwn(instance: string, signal?: AbortSignal): Promise<readonly ListedContainer[]> {
    const filters = JSON.stringify({ label: [`${label.instance}=${instance}`] })
    const rows = await this.client.json('listContainers', 'GET', '/containers/json', {
      query: { all: true, filters },
      signal,
    })
    return list(rows).map(listedContainer)
  }

  async rename(id: string, name: string): Promise<void> {
    await this.client.call('renameContainer', 'POST', `/containers/${id}/rename`, { query: { name } })
  }

  /** Not running any more, or gone, is no error. */
  async kill(id: string, signal: string): Promise<void> {
    await this.client.call('killContainer', 'POST', `/containers/${id}/kill`, {
      query: { signal },
      allow: [404, 409, 500],
    })
  }

  /** The container's own stop signal, then KILL after the grace, which the engine keeps even if we go away. */
  async stop(id: string, graceMs: number): Promise<void> {
    if (graceMs <= 0) return this.kill(id, 'KILL')
    const seconds = Math.ceil(graceMs / 1000)
    const stream = await this.client.stream('stopContainer', 'POST', `/containers/${id}/stop`, {
      query: { t: seconds },
      allow: [404, 409],
      deadlineMs: seconds * 1000 + 30_000,
    })
    stream.resume()
  }

  /** Gone when it returns, with its anonymous volumes; being removed by another already is waited for. */
  async remove(id: string, signal?: AbortSignal): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const reply = await this.about(id, 'removeContainer', 'DELETE', `/containers/${id}`, {
        query: { force: true, v: true },
        allow: [404, 409, 500],
        deadlineMs: 120_000,
        signal,
      })
      if (reply.status < 400 || reply.status === 404) return this.noteRemoved(id)
      if (attempt >= 50) {
        const text = `container ${id} cannot be removed: ${reply.body.toString('utf8').trim()}`
        throw new WorldError('CONTAINER_STUCK', text, { retryable: true })
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(2_000, 50 * (attempt + 1))))
    }
  }

  /** It was removed through us a while ago: a list that was begun before may have it still. */
  hasRemoved(id: string): boolean {
    return this.removed.has(id)
  }

  private noteRemoved(id: string): void {
    this.removed.add(id)
    for (const oldest of this.removed) {
      if (this.removed.size <= removedMost) return
      this.removed.delete(oldest)
    }
  }

  /** A call that waits for the container's lock in the engine. */
  private async about(id: string, verb: string, method: string, path: string, options: CallOptions): Promise<Reply> {
    try {
      return await this.client.call(verb, method, path, options)
    } catch (error) {
      if (error instanceof EngineSilent && (await this.answersOthers()) && (await this.isSilentAbout(id)))
        await endStuckShim(id)
      throw error
    }
  }

  /** An engine that is away does not hold the lock, and a shim may be all that knows how its container has ended. */
  private answersOthers(): Promise<boolean> {
    const version = this.client.call('version', 'GET', '/version', { deadlineMs: 5_000 })
    return version.then(
      () => true,
      () => false,
    )
  }

  /** Asked anew: a call may have been answered while this process stood still, and its deadline have passed meanwhile. */
  private isSilentAbout(id: string): Promise<boolean> {
    const look = this.client.call('inspectContainer', 'GET', `/containers/${id}/json`, {
      deadlineMs: silentMs,
      allow: [404],
    })
    return look.then(
      () => false,
      (error: unknown) => error instanceof EngineSilent,
    )
  }

  /** Whether it is gone when it returns, which it is not where it runs. A start that is under way is waited for. */
  async removeUnlessRunning(id: string, signal?: AbortSignal): Promise<boolean> {
    for (let attempt = 0; ; attempt += 1) {
      const reply = await this.about(id, 'removeContainer', 'DELETE', `/containers/${id}`, {
        query: { v: true },
        allow: [404, 409],
        deadlineMs: 120_000,
        signal,
      })
      if (reply.status !== 409) {
        this.noteRemoved(id)
        return true
      }
      const found = await this.inspect(id, signal)
      if (found?.status === 'running' || found?.status === 'paused' || found?.status === 'restarting') return false
      if (attempt >= 50)
        throw new EngineError(503, `container ${id} cannot be removed: ${reply.body.toString('utf8').trim()}`)
      await new Promise((resolve) => setTimeout(resolve, 20 * (attempt + 1)))
    }
  }

  /** One that is not there is no error. @throws `VOLUME_IN_USE`, to be tried again, while a container has it */
  async removeVolume(name: string, signal?: AbortSignal): Promise<void> {
    const path = `/volumes/${encodeURIComponent(name)}`
    for (let attempt = 0; ; attempt += 1) {
      const reply = await this.client.call('removeVolume', 'DELETE', path, { allow: [404, 409], signal })
      if (reply.status !== 409) return
      if (attempt >= 8) throw new WorldError('VOLUME_IN_USE', reply.body.toString('utf8').trim(), { retryable: true })
      // Of a container that has just been removed it is free in a moment.
      await new Promise((resolve) => setTimeout(resolve, 100 * (attempt + 1)))
    }
  }

  async putArchive(id: string, path: string, tar: Buffer, signal?: AbortSignal): Promise<void> {
    await this.client.call('putArchive', 'PUT', `/containers/${id}/archive`, {
      query: { path },
      tar,
      deadlineMs: 0,
      signal,
    })
  }

  /** What stands at the path, by the engine's own stat; `null` where nothing does. */
  async stat(id: string, path: string, signal?: AbortSignal): Promise<{ mode: number; linkTarget: string } | null> {
    const reply = await this.client.call('statArchive', 'HEAD', `/containers/${id}/archive`, {
      query: { path },
      allow: [404, 400],
      signal,
    })
    const header = reply.headers['x-docker-container-path-stat']
    if (reply.status >= 400 || typeof header !== 'string') return null
    const stat = record(JSON.parse(Buffer.from(header, 'base64').toString('utf8')))
    return { mode: typeof stat.mode === 'number' ? stat.mode : 0, linkTarget: textOr(stat.linkTarget, '') }
  }
}
