/** What went wrong in a store, as plain data that can pass between threads. */
import { WorldError } from '../resources/index.ts'
import type { StoreErrorCode } from './port.ts'

export type StoreFault = { readonly code: StoreErrorCode; readonly message: string }

/** Worth another attempt as it is; what is not needs a person, or another commit. */
const retryable: ReadonlySet<StoreErrorCode> = new Set(['STORE_BUSY', 'STORE_DOWN'])

export const storeError = (fault: StoreFault, cause?: unknown): WorldError =>
  new WorldError(fault.code, fault.message, { retryable: retryable.has(fault.code), cause })
