/** Errors over HTTP: a gRPC code, an HTTP status and a JSON body, as grpc-gateway writes them. */
import type { Response } from 'express'
import type { Problem } from '../../admission/index.ts'
import { ApiError } from '../../controller/port.ts'
import type { ApiErrorCode } from '../../controller/port.ts'
import { UserError, WorldError } from '../../resources/index.ts'

/** What a client is told. `grpc` is never 0: argo's CLI takes that for success. */
export type Fault = {
  readonly status: number
  readonly grpc: number
  readonly message: string
  readonly problems?: readonly Problem[]
}

/** Thrown where a request cannot be answered and no `ApiError` of the controller says it. */
export class HttpFault extends Error {
  override readonly name = 'HttpFault'
  readonly fault: Fault
  constructor(fault: Fault) {
    super(fault.message)
    this.fault = fault
  }
}

const codes: Readonly<Record<ApiErrorCode, { readonly grpc: number; readonly status: number }>> = {
  INVALID_ARGUMENT: { grpc: 3, status: 400 },
  NOT_FOUND: { grpc: 5, status: 404 },
  ALREADY_EXISTS: { grpc: 6, status: 409 },
  PERMISSION_DENIED: { grpc: 7, status: 403 },
  FAILED_PRECONDITION: { grpc: 9, status: 400 },
  OUT_OF_RANGE: { grpc: 11, status: 400 },
  UNIMPLEMENTED: { grpc: 12, status: 501 },
  INTERNAL: { grpc: 13, status: 500 },
  UNAVAILABLE: { grpc: 14, status: 503 },
}

export const notImplemented: Fault = { status: 501, grpc: 12, message: 'Not Implemented' }
export const unauthenticated: Fault = {
  status: 401,
  grpc: 16,
  message: 'token not valid. see https://argo-workflows.readthedocs.io/en/latest/faq/',
}
export const forbidden = (message: string): Fault => ({ status: 403, grpc: 7, message })
export const exhausted = (message: string): Fault => ({ status: 429, grpc: 8, message })
export const invalid = (message: string): HttpFault => new HttpFault({ status: 400, grpc: 3, message })

/**
 * Whose fault it is: the caller's, who is told all; the world's, which is away for a while; or ours. The words of the last
 * two may hold secrets, so they are for the log and the client gets none of them.
 */
export type Blame = 'caller' | 'world' | 'us'

export function faultOf(error: unknown): { readonly fault: Fault; readonly blame: Blame } {
  if (error instanceof HttpFault) return { fault: error.fault, blame: 'caller' }
  if (error instanceof ApiError) {
    const { message, problems } = error
    return { fault: { ...codes[error.code], message, problems }, blame: 'caller' }
  }
  if (error instanceof UserError) return { fault: { status: 400, grpc: 3, message: error.message }, blame: 'caller' }
  if (error instanceof WorldError)
    return error.retryable || error.code === 'STORE_LOCKED' // another daemon is to be asked, or this one in a moment
      ? { fault: { status: 503, grpc: 14, message: `not available now (${error.code})` }, blame: 'world' }
      : { fault: { status: 500, grpc: 13, message: `internal error (${error.code})` }, blame: 'us' }
  return expressFault(error) ?? { fault: { status: 500, grpc: 13, message: 'internal error' }, blame: 'us' }
}

/** Express and its body reader throw errors with a status: too large a body, a path that does not decode. */
function expressFault(error: unknown): { readonly fault: Fault; readonly blame: 'caller' } | null {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return null
  if (error.status === 413) return { fault: exhausted('received message larger than max'), blame: 'caller' }
  if (error.status < 400 || error.status > 499) return null
  return { fault: { status: 400, grpc: 3, message: error.message }, blame: 'caller' }
}

/** Does nothing but end the connection when the answer has begun. */
export function sendFault(response: Response, fault: Fault): void {
  if (response.headersSent) return void response.end()
  response.status(fault.status).json(faultBody(fault))
}

export function faultBody({ grpc, message, problems = [] }: Fault): object {
  return problems.length === 0 ? { code: grpc, message } : { code: grpc, message, details: problems.map(detailOf) }
}

function detailOf({ message, path, hint, rule, at }: Problem): object {
  return { message, path, hint, rule, ...(at && { line: at.line, column: at.column, file: at.file }) }
}
