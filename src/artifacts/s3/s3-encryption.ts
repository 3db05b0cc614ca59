/** Server-side encryption as Argo's `encryptionOptions` say: nothing without `enableEncryption`. */
import { argon2 } from 'node:crypto'
import { promisify } from 'node:util'
import { UserError } from '../../resources/index.ts'
import type { ArtifactContext } from '../port.ts'
import { secretOf } from '../secrets.ts'
import type { S3Location } from './s3-client.ts'

export type CustomerKey = { readonly SSECustomerAlgorithm?: 'AES256'; readonly SSECustomerKey?: string }
export type WriteEncryption = CustomerKey & {
  readonly ServerSideEncryption?: 'AES256' | 'aws:kms'
  readonly SSEKMSKeyId?: string
  readonly SSEKMSEncryptionContext?: string
}

const derive = promisify(argon2)
/** What Argo's client takes to make a key out of the Secret's text; memory in KiB. */
const derivation = { parallelism: 4, memory: 64 * 1024, passes: 1, tagLength: 32 }
const saltBytesMin = 8

/** The customer's key of one object: another one for each, made of the Secret, the bucket and the object's key. */
export async function customerKeyOf(
  { encryptionOptions, bucket = '' }: S3Location,
  key: string,
  context: ArtifactContext,
): Promise<CustomerKey> {
  if (encryptionOptions?.enableEncryption !== true) return {}
  const secret = secretOf(encryptionOptions.serverSideCustomerKeySecret, context)
  if (secret === undefined) return {}
  const nonce = Buffer.from(`${bucket}${key}`)
  if (nonce.length < saltBytesMin)
    throw new UserError(
      'ARTIFACT_LOCATION',
      `s3: with serverSideCustomerKeySecret, bucket and key must have ${saltBytesMin} bytes together: ${bucket}/${key}`,
    )
  const made = await derive('argon2id', { ...derivation, message: Buffer.from(secret), nonce })
  return { SSECustomerAlgorithm: 'AES256', SSECustomerKey: made.toString('base64') }
}

/** @throws UserError ARTIFACT_LOCATION for a context that is no JSON of texts */
export function writeEncryption({ encryptionOptions }: S3Location, customer: CustomerKey): WriteEncryption {
  if (encryptionOptions?.enableEncryption !== true) return {}
  if (customer.SSECustomerKey !== undefined) return customer
  const { kmsKeyId, kmsEncryptionContext } = encryptionOptions
  if (!kmsKeyId) return { ServerSideEncryption: 'AES256' }
  return {
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: kmsKeyId,
    ...(kmsEncryptionContext ? { SSEKMSEncryptionContext: contextOf(kmsEncryptionContext) } : {}),
  }
}

function contextOf(text: string): string {
  try {
    const pairs: unknown = JSON.parse(text)
    if (typeof pairs === 'object' && pairs !== null && Object.values(pairs).every((value) => typeof value === 'string'))
      return Buffer.from(JSON.stringify(pairs)).toString('base64')
  } catch {
    // said below
  }
  throw new UserError(
    'ARTIFACT_LOCATION',
    's3: failed to parse KMS encryption context: a JSON object of texts is wanted',
  )
}
