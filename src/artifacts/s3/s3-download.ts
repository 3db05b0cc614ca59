/** An object as a stream that survives broken connections: what is missing is asked for again, of the same version. */
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import type { GetObjectCommandInput, S3Client } from '@aws-sdk/client-s3'
import { WorldError } from '../../resources/index.ts'
import type { ObjectStream } from '../port.ts'
import { s3Error, statusOf } from './s3-error.ts'

/** Breaks in a row without a byte in between. */
const breaksMax = 5
const firstPauseMs = 100

export type Download = {
  readonly client: S3Client
  readonly request: GetObjectCommandInput
  /** For messages. */
  readonly what: string
  readonly signal: AbortSignal | undefined
}

type Opened = { readonly body: Readable; readonly sizeBytes: number | undefined; readonly etag: string | undefined }

/** Throws the SDK's errors while it is opened, ours while it is read. */
export async function download(given: Download): Promise<ObjectStream | null> {
  const opened = await open(given, {})
  if (opened === null) return null
  const { sizeBytes } = opened
  return Object.assign(bytesOf(opened, given), sizeBytes === undefined ? {} : { sizeBytes })
}

async function open(
  { client, request, signal }: Download,
  more: Partial<GetObjectCommandInput>,
): Promise<Opened | null> {
  const command = new GetObjectCommand({ ...request, ...more })
  const { Body, ContentLength, ETag } = await client.send(command, signal ? { abortSignal: signal } : {})
  return Body instanceof Readable ? { body: Body, sizeBytes: ContentLength, etag: ETag } : null
}

async function* bytesOf(first: Opened, given: Download): AsyncGenerator<Uint8Array> {
  const { what, signal } = given
  const { sizeBytes, etag } = first
  let at = 0
  let breaks = 0
  for (let body: Readable | null = first.body; body !== null;) {
    try {
      for await (const part of body) {
        const bytes = part as Uint8Array
        at += bytes.length
        breaks = 0
        yield bytes
      }
      if (sizeBytes === undefined || at >= sizeBytes) return
      throw new Error(`the connection ended after ${at} of ${sizeBytes} bytes`)
    } catch (error) {
      signal?.throwIfAborted()
      if (sizeBytes === undefined || etag === undefined || ++breaks > breaksMax) throw s3Error(what, error)
    } finally {
      body.destroy()
    }
    await pause(firstPauseMs * 2 ** (breaks - 1), undefined, signal ? { signal } : {})
    body = await reopened(given, at, etag)
  }
}

async function reopened(given: Download, at: number, etag: string): Promise<Readable | null> {
  try {
    return (await open(given, { Range: `bytes=${at}-`, IfMatch: etag }))?.body ?? null
  } catch (error) {
    given.signal?.throwIfAborted()
    if (statusOf(error) === 412 || statusOf(error) === 404)
      throw new WorldError('ARTIFACT_S3', `${given.what}: the object changed while it was read`, { retryable: true })
    throw s3Error(given.what, error)
  }
}
