import { expect, it } from 'vitest'
import { ApiError } from '../controller/port.ts'
import { WorldError } from '../resources/index.ts'
import { levelOf } from './log-level.ts'

it.each([
  ['a store that is away', new WorldError('STORE_DOWN', 'away', { retryable: true }), 'warn'],
  ['another daemon in charge', new WorldError('STORE_LOCKED', 'taken over', { retryable: false }), 'warn'],
  ['a controller that cannot now', new ApiError('UNAVAILABLE', 'taken over'), 'warn'],
  ['a damaged store', new WorldError('STORE_CORRUPT', 'damaged', { retryable: false }), 'error'],
  ['a fault of ours', new TypeError('undefined is not a function'), 'error'],
] as const)('of %s', (_what, error, level) => {
  expect(levelOf(error)).toBe(level)
})
