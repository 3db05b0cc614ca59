/** Objects in S3 and what speaks like it. Loaded when first needed: the SDK takes time and memory. */
import { DeleteObjectCommand, HeadObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3'
import type { S3Client } from '@aws-sdk/client-s3'
import { UserError } from '../../resources/index.ts'
import type { Artifact } from '../../resources/index.ts'
import type { ArtifactContext, ArtifactDriver, ByteStream, ObjectInfo, ObjectStream } from '../port.ts'
import { PartBuffers } from './part-buffers.ts'
import { makeBucket } from './s3-bucket.ts'
import { S3Clients } from './s3-client.ts'
import type { S3Location } from './s3-client.ts'
import { download } from './s3-download.ts'
import { customerKeyOf, writeEncryption } from './s3-encryption.ts'
import { isMissing, s3Error } from './s3-error.ts'
import { abortUpload, upload } from './s3-upload.ts'
import { UploadJournal } from './upload-journal.ts'

const deletesAtOnce = 8

type Place = { readonly client: S3Client; readonly location: S3Location; readonly bucket: string; readonly key: string }

export class S3Driver implements ArtifactDriver {
  readonly #clients = new S3Clients()
  readonly #buffers = new PartBuffers()
  readonly #journal: UploadJournal | null

  /** @param journal the folder of multipart uploads under way; without it those of a killed process stay */
  constructor(journal: string | null = null) {
    this.#journal = journal === null ? null : new UploadJournal(journal)
  }

  open(artifact: Artifact, context: ArtifactContext): Promise<ObjectStream | null> {
    return this.openKey(artifact, artifact.s3?.key ?? '', context)
  }

  async openKey(artifact: Artifact, key: string, context: ArtifactContext): Promise<ObjectStream | null> {
    if (key === '' || key.endsWith('/')) return null
    const { client, bucket, location } = this.#placeOf(artifact, context)
    const what = `failed to get s3://${bucket}/${key}`
    try {
      const request = { Bucket: bucket, Key: key, ...(await customerKeyOf(location, key, context)) }
      return await download({ client, request, what, signal: context.signal })
    } catch (error) {
      if (isMissing(error)) return null
      throw s3Error(what, error)
    }
  }

  async list(artifact: Artifact, context: ArtifactContext): Promise<readonly ObjectInfo[]> {
    const place = this.#placeOf(artifact, context)
    const { client, bucket, key } = place
    const found: ObjectInfo[] = []
    try {
      const own = await ownSize(place, context)
      if (own !== null) found.push({ key, sizeBytes: own })
      const Prefix = key === '' || key.endsWith('/') ? key : `${key}/`
      const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix }, abort(context))
      for await (const { Contents = [] } of pages)
        for (const { Key = '', Size = 0 } of Contents) found.push({ key: Key, sizeBytes: Size })
      return found.sort((a, b) => (a.key < b.key ? -1 : 1))
    } catch (error) {
      throw s3Error(`failed to list s3://${bucket}/${key}`, error)
    }
  }

  /** Streams in parts; a stream that breaks off leaves nothing. */
  async save(artifact: Artifact, key: string, content: ByteStream, context: ArtifactContext): Promise<void> {
    const { client, bucket, location } = this.#placeOf(artifact, context)
    const signal = context.signal ?? new AbortController().signal
    const broken: { error?: unknown } = {}
    try {
      signal.throwIfAborted()
      if (location.createBucketIfNotPresent) await makeBucket(client, location, signal)
      const owner = { endpoint: location.endpoint ?? '', bucket }
      await this.#journal?.sweep(owner, (left) => abortUpload(client, left))
      const customerKey = await customerKeyOf(location, key, context)
      const begun = async (uploadId: string) =>
        (await this.#journal?.begin({ ...owner, key, uploadId })) ?? (() => Promise.resolve())
      await upload(
        noting(content, broken),
        { client, bucket, key, encryption: writeEncryption(location, customerKey), customerKey },
        { buffers: this.#buffers, begun, signal },
      )
    } catch (error) {
      if ('error' in broken) throw broken.error // what broke off is the content, not the upload
      signal.throwIfAborted()
      throw s3Error(`failed to put s3://${bucket}/${key}`, error)
    }
  }

  /** One by one: not every server that speaks S3 takes lists of deletions. */
  async delete(artifact: Artifact, context: ArtifactContext): Promise<void> {
    const { client, bucket, key } = this.#placeOf(artifact, context)
    const keys = (await this.list(artifact, context)).map((found) => found.key).toReversed() // marks of folders last
    try {
      for (let at = 0; at < keys.length; at += deletesAtOnce) {
        const some = keys.slice(at, at + deletesAtOnce)
        await Promise.all(
          some.map((Key) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key }), abort(context))),
        )
      }
    } catch (error) {
      throw s3Error(`failed to delete s3://${bucket}/${key}`, error)
    }
  }

  #placeOf(artifact: Artifact, context: ArtifactContext): Place {
    const location = artifact.s3
    if (!location?.bucket) throw new UserError('ARTIFACT_LOCATION', `artifact '${artifact.name}' names no S3 bucket`)
    return { client: this.#clients.of(location, context), location, bucket: location.bucket, key: location.key ?? '' }
  }
}

const abort = ({ signal }: ArtifactContext): { abortSignal?: AbortSignal } => (signal ? { abortSignal: signal } : {})

/** The content, its own error noted as it passes. */
async function* noting(content: ByteStream, broken: { error?: unknown }): AsyncGenerator<Uint8Array> {
  const source = content[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await source.next().catch((error: unknown) => {
        broken.error = error
        throw error
      })
      if (next.done === true) return
      yield next.value
    }
  } finally {
    if (!('error' in broken)) await source.return?.()
  }
}

async function ownSize({ client, location, bucket, key }: Place, context: ArtifactContext): Promise<number | null> {
  if (key === '' || key.endsWith('/')) return null
  try {
    const customerKey = await customerKeyOf(location, key, context)
    const command = new HeadObjectCommand({ Bucket: bucket, Key: key, ...customerKey })
    return (await client.send(command, abort(context))).ContentLength ?? 0
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}
