/** A stream of any length into one object: small ones in one request, others in parts, a few at once. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3'
import { ByteReader } from '../archive/byte-reader.ts'
import type { ByteStream } from '../port.ts'
import type { PartBuffers } from './part-buffers.ts'
import { partBytesOf } from './part-buffers.ts'
import type { CustomerKey, WriteEncryption } from './s3-encryption.ts'
import { isMissing } from './s3-error.ts'

/** Logs and small artifacts do not wait for the memory of big ones. */
const smallBytes = 1024 * 1024
/** Parts on their way, of one upload; another one is being filled. */
const partsAtOnce = 3
const abortMs = 15_000

export type UploadTarget = {
  readonly client: S3Client
  readonly bucket: string
  readonly key: string
  readonly encryption: WriteEncryption
  readonly customerKey: CustomerKey
}

export type UploadParts = {
  readonly buffers: PartBuffers
  /** Told of a multipart upload before its first part goes; returns what to call at its end. */
  readonly begun: (uploadId: string) => Promise<() => Promise<void>>
  readonly signal: AbortSignal
}

/** Whole or not at all: what fails or is stopped leaves no object and no parts. */
export async function upload(content: ByteStream, target: UploadTarget, parts: UploadParts): Promise<void> {
  const reader = new ByteReader(content)
  try {
    const head = await reader.read(smallBytes)
    if (head.length < smallBytes) return await put(head, target, parts.signal)
    await new Multipart(target, parts).send(head, reader)
  } finally {
    await reader.cancel()
  }
}

async function put(body: Buffer, target: UploadTarget, signal: AbortSignal): Promise<void> {
  const { client, bucket, key, encryption } = target
  signal.throwIfAborted()
  const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...encryption })
  await client.send(command, { abortSignal: signal })
}

class Multipart {
  readonly #target: UploadTarget
  readonly #parts: UploadParts
  readonly #done: CompletedPart[] = []
  readonly #underWay = new Set<Promise<void>>()
  /** Ends what is under way when one part fails or the caller stops. */
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  #sentBytes = 0

  constructor(target: UploadTarget, parts: UploadParts) {
    this.#target = target
    this.#parts = parts
    this.#signal = AbortSignal.any([parts.signal, this.#stop.signal])
  }

  async send(head: Buffer, reader: ByteReader): Promise<void> {
    const { client, bucket, key, encryption } = this.#target
    const create = new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ...encryption })
    const { UploadId = '' } = await client.send(create, { abortSignal: this.#signal })
    const ended = await this.#parts.begun(UploadId)
    try {
      await this.#sendAll(UploadId, head, reader)
      await this.#complete(UploadId)
    } catch (error) {
      this.#stop.abort(error)
      await Promise.allSettled(this.#underWay) // a part that comes after the abort would stay
      if (await this.#abort(UploadId)) await ended()
      throw error
    }
    await ended()
  }

  async #sendAll(uploadId: string, head: Buffer, reader: ByteReader): Promise<void> {
    let first = head
    for (let number = 1, isLast = false; !isLast; number++) {
      while (this.#underWay.size >= partsAtOnce) await Promise.race(this.#underWay)
      this.#signal.throwIfAborted()
      const buffer = await this.#parts.buffers.take(partBytesOf(number), this.#signal)
      let filled = 0
      try {
        filled = first.copy(buffer)
        first = Buffer.alloc(0)
        filled += await fill(buffer, filled, reader, this.#signal)
      } catch (error) {
        this.#parts.buffers.giveBack(buffer, true)
        throw error
      }
      isLast = filled < buffer.length
      if (filled === 0) this.#parts.buffers.giveBack(buffer, true)
      else this.#sendPart(uploadId, number, buffer, filled)
    }
    await Promise.all(this.#underWay)
    this.#signal.throwIfAborted()
  }

  #sendPart(uploadId: string, number: number, buffer: Buffer, filled: number): void {
    const { client, bucket, key, customerKey } = this.#target
    const command = new UploadPartCommand({
      ...{ Bucket: bucket, Key: key, UploadId: uploadId, PartNumber: number },
      ...{ Body: buffer.subarray(0, filled), ContentLength: filled },
      ...customerKey,
    })
    this.#sentBytes += filled
    const work = client.send(command, { abortSignal: this.#signal }).then(
      ({ ETag }) => {
        this.#parts.buffers.giveBack(buffer, true)
        this.#done.push({ PartNumber: number, ...(ETag === undefined ? {} : { ETag }) })
      },
      (error: unknown) => {
        this.#parts.buffers.giveBack(buffer, false) // a socket that is going down may still hold it
        this.#stop.abort(error)
      },
    )
    this.#underWay.add(work)
    void work.then(() => this.#underWay.delete(work))
  }

  /** After a lost answer the SDK asks again, and then the upload is no longer there: the object tells what became of it. */
  async #complete(uploadId: string): Promise<void> {
    const { client, bucket, key } = this.#target
    const command = new CompleteMultipartUploadCommand({
      ...{ Bucket: bucket, Key: key, UploadId: uploadId },
      MultipartUpload: { Parts: this.#done.toSorted((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0)) },
    })
    try {
      await client.send(command, { abortSignal: this.#signal })
    } catch (error) {
      if ((error as { readonly name?: unknown }).name !== 'NoSuchUpload' || !(await this.#isWhole())) throw error
    }
  }

  async #isWhole(): Promise<boolean> {
    const { client, bucket, key, customerKey } = this.#target
    const command = new HeadObjectCommand({ Bucket: bucket, Key: key, ...customerKey })
    return client.send(command, { abortSignal: this.#signal }).then(
      ({ ContentLength }) => ContentLength === this.#sentBytes,
      () => false,
    )
  }

  /** Whether it is gone for certain. */
  async #abort(uploadId: string): Promise<boolean> {
    const { client, bucket, key } = this.#target
    return abortUpload(client, { bucket, key, uploadId }).then(
      () => true,
      () => false,
    )
  }
}

/** Takes a multipart upload and its parts away; one that is gone is fine. */
export async function abortUpload(
  client: S3Client,
  { bucket, key, uploadId }: { readonly bucket: string; readonly key: string; readonly uploadId: string },
): Promise<void> {
  const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId })
  try {
    await client.send(command, { abortSignal: AbortSignal.timeout(abortMs) })
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

async function fill(buffer: Buffer, from: number, reader: ByteReader, signal: AbortSignal): Promise<number> {
  let at = from
  while (at < buffer.length) {
    const part = await reader.some(buffer.length - at)
    signal.throwIfAborted()
    if (part === null) break
    buffer.set(part, at)
    at += part.length
  }
  return at - from
}
