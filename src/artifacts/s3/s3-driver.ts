/** Objects in S3 and what speaks like it. Loaded when first needed: the SDK takes time and memory. */
import { Readable } from 'node:stream'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3'
import type { S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { UserError } from '../../resources/index.ts'
import type { Artifact } from '../../resources/index.ts'
import type { ArtifactContext, ArtifactDriver, ByteStream, ObjectInfo, ObjectStream } from '../port.ts'
import { S3Clients } from './s3-client.ts'
import type { S3Location } from './s3-client.ts'
import { readEncryption, writeEncryption } from './s3-encryption.ts'
import { isMissing, s3Error } from './s3-error.ts'

/** S3 takes 10,000 parts, so 160 GB an object; twice this is in memory during an upload. */
const partBytes = 16 * 1024 * 1024
const partsAtOnce = 2
const deletesAtOnce = 8

type Place = { readonly client: S3Client; readonly location: S3Location; readonly bucket: string; readonly key: string }

export class S3Driver implements ArtifactDriver {
  readonly #clients = new S3Clients()

  open(artifact: Artifact, context: ArtifactContext): Promise<ObjectStream | null> {
    return this.openKey(artifact, artifact.s3?.key ?? '', context)
  }

  async openKey(artifact: Artifact, key: string, context: ArtifactContext): Promise<ObjectStream | null> {
    if (key === '' || key.endsWith('/')) return null
    const { client, bucket, location } = this.#placeOf(artifact, context)
    const what = `failed to get s3://${bucket}/${key}`
    try {
      const command = new GetObjectCommand({ Bucket: bucket, Key: key, ...readEncryption(location, context) })
      const { Body, ContentLength } = await client.send(command, abort(context))
      if (!(Body instanceof Readable)) return null
      return Object.assign(bodyOf(Body, what), ContentLength === undefined ? {} : { sizeBytes: ContentLength })
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
    const body = Readable.from(content, { objectMode: false })
    const params = { Bucket: bucket, Key: key, Body: body, ...writeEncryption(location, context) }
    try {
      context.signal?.throwIfAborted()
      if (location.createBucketIfNotPresent) await makeBucket(client, location, bucket, context)
      const upload = new Upload({ client, params, partSize: partBytes, queueSize: partsAtOnce })
      const stop = () => void upload.abort()
      context.signal?.addEventListener('abort', stop, { once: true })
      try {
        await upload.done()
      } finally {
        context.signal?.removeEventListener('abort', stop)
      }
    } catch (error) {
      if (body.errored) throw body.errored // what broke off is the content, not the upload
      context.signal?.throwIfAborted()
      throw s3Error(`failed to put s3://${bucket}/${key}`, error)
    } finally {
      body.destroy()
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

async function* bodyOf(body: Readable, what: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of body) yield part as Uint8Array
  } catch (error) {
    throw s3Error(what, error)
  } finally {
    body.destroy()
  }
}

async function ownSize({ client, location, bucket, key }: Place, context: ArtifactContext): Promise<number | null> {
  if (key === '' || key.endsWith('/')) return null
  try {
    const command = new HeadObjectCommand({ Bucket: bucket, Key: key, ...readEncryption(location, context) })
    return (await client.send(command, abort(context))).ContentLength ?? 0
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

async function makeBucket(
  client: S3Client,
  location: S3Location,
  bucket: string,
  context: ArtifactContext,
): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }), abort(context))
    return
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  const elsewhere = location.region && location.region !== 'us-east-1' ? location.region : null
  try {
    await client.send(
      new CreateBucketCommand({
        Bucket: bucket,
        ...(location.createBucketIfNotPresent?.objectLocking ? { ObjectLockEnabledForBucket: true } : {}),
        ...(elsewhere === null ? {} : { CreateBucketConfiguration: { LocationConstraint: elsewhere as 'eu-west-1' } }),
      }),
      abort(context),
    )
  } catch (error) {
    if ((error as { readonly name?: unknown }).name !== 'BucketAlreadyOwnedByYou') throw error
  }
}
