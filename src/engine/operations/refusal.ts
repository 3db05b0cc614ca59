/** A refusal of an operation, with the status that Argo's server gives it. */
import type { Refusal } from '../decision.ts'

export const refusal = (code: Refusal['code'], message: string): Refusal => ({ refused: true, code, message })
