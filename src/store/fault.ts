/** What went wrong in a store, as plain data that can pass between threads. */
import { WorldError } from '../resources/index.ts'
import type { WorkflowUid } from '../resources/index.ts'
import type { StoreErrorCode } from './port.ts'

export type StoreFault = { readonly code: StoreErrorCode; readonly message: string }

/** Worth another attempt as it is; what is not needs a person, or another commit. */
const retryable: ReadonlySet<StoreErrorCode> = new Set(['STORE_BUSY', 'STORE_DOWN', 'FLEET_UNANSWERED'])

export const storeError = (fault: StoreFault, cause?: unknown): WorldError =>
  new WorldError(fault.code, fault.message, { retryable: retryable.has(fault.code), cause })

/** What a command to the owner of a workflow is rejected with when its time is up. */
export const unanswered = (uid: WorkflowUid, deadlineMs: number): WorldError =>
  storeError({
    code: 'FLEET_UNANSWERED',
    message: `the controller of workflow ${uid} did not answer in ${deadlineMs} ms`,
  })
