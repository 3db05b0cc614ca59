/** `createBucketIfNotPresent`. */
import { CreateBucketCommand, HeadBucketCommand, PutBucketEncryptionCommand } from '@aws-sdk/client-s3'
import type { S3Client } from '@aws-sdk/client-s3'
import type { S3Location } from './s3-client.ts'
import { isMissing } from './s3-error.ts'

/** A bucket that somebody else makes at the same time is as good. New ones get the location's encryption as default. */
export async function makeBucket(client: S3Client, location: S3Location, signal: AbortSignal): Promise<void> {
  const { bucket = '', region, createBucketIfNotPresent } = location
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: signal })
    return
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  const elsewhere = region && region !== 'us-east-1' ? region : null
  try {
    await client.send(
      new CreateBucketCommand({
        Bucket: bucket,
        ...(createBucketIfNotPresent?.objectLocking ? { ObjectLockEnabledForBucket: true } : {}),
        ...(elsewhere === null ? {} : { CreateBucketConfiguration: { LocationConstraint: elsewhere as 'eu-west-1' } }),
      }),
      { abortSignal: signal },
    )
  } catch (error) {
    if ((error as { readonly name?: unknown }).name !== 'BucketAlreadyOwnedByYou') throw error
  }
  await encryptByDefault(client, location, signal)
}

async function encryptByDefault(client: S3Client, location: S3Location, signal: AbortSignal): Promise<void> {
  const { bucket = '', encryptionOptions } = location
  if (encryptionOptions?.enableEncryption !== true) return
  const { kmsKeyId } = encryptionOptions
  const byDefault = kmsKeyId
    ? { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: kmsKeyId }
    : { SSEAlgorithm: 'AES256' as const }
  const command = new PutBucketEncryptionCommand({
    Bucket: bucket,
    ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: byDefault }] },
  })
  try {
    await client.send(command, { abortSignal: signal })
  } catch (error) {
    // Every object says it again by itself.
    if ((error as { readonly name?: unknown }).name !== 'NotImplemented') throw error
  }
}
