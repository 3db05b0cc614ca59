/** Calls to a driver of Argo's artifact protocol: gRPC over a unix socket (artifact.proto). */
import { join } from 'node:path'
import { Client, credentials, status } from '@grpc/grpc-js'
import type { MethodDefinition, ServiceError } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { WorldError } from '../../resources/index.ts'
import type { ByteStream } from '../port.ts'

export type Answer = {
  readonly success?: boolean
  readonly error?: string
  readonly objects?: readonly string[]
  readonly isDirectory?: boolean
}
export type Method = 'Load' | 'Save' | 'Delete' | 'ListObjects' | 'IsDirectory'
type StreamPart = { readonly data?: Uint8Array; readonly isEnd?: boolean; readonly error?: string }

/** As Argo's texts name the calls: `plugin NAME save failed: …`. */
const spoken: Readonly<Record<Method, string>> = {
  Load: 'load',
  Save: 'save',
  Delete: 'delete',
  ListObjects: 'list objects',
  IsDirectory: 'is directory check',
}
/** Most bytes of one message; a driver chooses the size of the parts it streams. */
const messageBytesMax = 64 * 1024 * 1024

const methods = loadSync(join(import.meta.dirname, 'artifact.proto'), { defaults: true })[
  'artifact.ArtifactService'
] as unknown as Readonly<Record<Method | 'OpenStream', MethodDefinition<object, object>>>

/** What the driver said is wrong; `isMissing`: there is nothing at the key. */
export class DriverRefusal extends Error {
  readonly isMissing: boolean
  constructor(message: string, isMissing: boolean) {
    super(message)
    this.isMissing = isMissing
  }
}

export class PluginClient {
  readonly #name: string
  readonly #client: Client

  constructor(name: string, socketPath: string) {
    this.#name = name
    const limits = {
      'grpc.max_receive_message_length': messageBytesMax,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
    }
    this.#client = new Client(`unix://${socketPath}`, credentials.createInsecure(), limits)
  }

  /** @throws WorldError (retryable) where nobody answers on the socket in time */
  ready(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.waitForReady(Date.now() + timeoutMs, (error) => {
        if (error === undefined || error === null) return resolve()
        const text = `timeout waiting for plugin ${this.#name} connection to become ready`
        reject(new WorldError('ARTIFACT_PLUGIN_AWAY', text, { retryable: true, cause: error }))
      })
    })
  }

  /** @throws DriverRefusal for what the driver says; WorldError (retryable) where it is gone */
  call(method: Method, request: object, signal?: AbortSignal): Promise<Answer> {
    const { path, requestSerialize, responseDeserialize } = methods[method]
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: object): void => {
        signal?.removeEventListener('abort', cancel)
        if (signal?.aborted === true) return reject(signal.reason as Error)
        if (error !== null) return reject(this.#failure(`${spoken[method]} failed`, error))
        const found = (answer ?? {}) as Answer
        const isRefused = found.success === false && 'success' in found
        if (isRefused || found.error) return reject(this.#refusal(`${spoken[method]} failed`, found.error ?? ''))
        resolve(found)
      }
      const call = this.#client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, done)
      const cancel = () => call.cancel()
      if (signal?.aborted === true) cancel()
      signal?.addEventListener('abort', cancel, { once: true })
    })
  }

  /** Resolves when the first part is there, so that what is missing shows at once. */
  async open(request: object, signal?: AbortSignal): Promise<ByteStream> {
    const parts = this.#parts(request, signal)
    const first = await parts.next()
    return (async function* () {
      try {
        if (first.done !== true) yield first.value
        yield* parts
      } finally {
        await parts.return(undefined)
      }
    })()
  }

  close(): void {
    this.#client.close()
  }

  async *#parts(request: object, signal?: AbortSignal): AsyncGenerator<Uint8Array, undefined> {
    const { path, requestSerialize, responseDeserialize } = methods.OpenStream
    const call = this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request)
    const cancel = () => call.cancel()
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      for await (const part of call) {
        const { data, isEnd, error } = part as StreamPart
        if (error) throw this.#refusal('stream error', error)
        if (isEnd === true) return undefined
        if (data !== undefined && data.length > 0) yield data
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof DriverRefusal) throw error
      throw this.#failure('stream receive failed', error as ServiceError)
    } finally {
      signal?.removeEventListener('abort', cancel)
      call.cancel()
    }
    return undefined
  }

  #refusal(what: string, text: string): DriverRefusal {
    return new DriverRefusal(`plugin ${this.#name} ${what}: ${text}`, saysMissing(text))
  }

  #failure(what: string, error: ServiceError): Error {
    const text = `plugin ${this.#name} ${what}: ${error.details || error.message}`
    if (error.code === status.NOT_FOUND) return new DriverRefusal(text, true)
    const mayPass = error.code === status.UNAVAILABLE || error.code === status.RESOURCE_EXHAUSTED
    if (!mayPass) return new DriverRefusal(text, error.code === status.UNKNOWN && saysMissing(error.details))
    return new WorldError('ARTIFACT_PLUGIN_AWAY', text, { retryable: true, cause: error })
  }
}

/** The protocol has no code for it: drivers say it in the words of their storage. */
const saysMissing = (text: string): boolean =>
  /not ?found|no such (file|key|object)|NoSuchKey|(does not|doesn't) exist|is missing/i.test(text)
