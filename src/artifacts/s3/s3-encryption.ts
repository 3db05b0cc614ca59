/** Server-side encryption as Argo's `encryptionOptions` say. */
import type { ArtifactContext } from '../port.ts'
import { secretOf } from '../secrets.ts'
import type { S3Location } from './s3-client.ts'

type CustomerKey = { readonly SSECustomerAlgorithm?: 'AES256'; readonly SSECustomerKey?: string }
type WriteEncryption = CustomerKey & {
  readonly ServerSideEncryption?: 'AES256' | 'aws:kms'
  readonly SSEKMSKeyId?: string
  readonly SSEKMSEncryptionContext?: string
}

/** With a key of the customer's, reading needs it as well. */
export function readEncryption({ encryptionOptions }: S3Location, context: ArtifactContext): CustomerKey {
  const key = secretOf(encryptionOptions?.serverSideCustomerKeySecret, context)
  return key === undefined ? {} : { SSECustomerAlgorithm: 'AES256', SSECustomerKey: key }
}

export function writeEncryption(location: S3Location, context: ArtifactContext): WriteEncryption {
  const customer = readEncryption(location, context)
  const { kmsKeyId, kmsEncryptionContext, enableEncryption } = location.encryptionOptions ?? {}
  if (customer.SSECustomerKey !== undefined) return customer
  if (kmsKeyId)
    return {
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: kmsKeyId,
      ...(kmsEncryptionContext
        ? { SSEKMSEncryptionContext: Buffer.from(kmsEncryptionContext).toString('base64') }
        : {}),
    }
  return enableEncryption ? { ServerSideEncryption: 'AES256' } : {}
}
