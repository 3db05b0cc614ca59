/** The SDK's errors as the workqueue wants them. */
import { UserError, WorldError } from '../../resources/index.ts'

type SdkError = { readonly name?: unknown; readonly $metadata?: { readonly httpStatusCode?: unknown } }

/** Codes of S3 that pass by themselves although their status does not say so. */
const passing = new Set(['SlowDown', 'RequestTimeout', 'RequestTimeTooSkewed', 'OperationAborted', 'Throttling'])

export function statusOf(error: unknown): number | null {
  const status = (error as SdkError).$metadata?.httpStatusCode
  return typeof status === 'number' ? status : null
}

/** A missing object; a missing bucket is an error. */
export const isMissing = (error: unknown): boolean =>
  statusOf(error) === 404 && (error as SdkError).name !== 'NoSuchBucket'

export function s3Error(what: string, error: unknown): unknown {
  if (error instanceof UserError || error instanceof WorldError) return error
  const status = statusOf(error)
  const { name } = error as SdkError
  const code = typeof name === 'string' && name !== 'Error' ? `${name}: ` : ''
  const text = error instanceof Error ? error.message : String(error)
  const retryable =
    status === null || status >= 500 || status === 429 || (typeof name === 'string' && passing.has(name))
  return new WorldError('ARTIFACT_S3', `${what}: ${code}${text}`, { retryable, cause: error })
}
