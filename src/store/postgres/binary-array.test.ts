import { expect, it } from 'vitest'
import { bigintArray, textArray } from './binary-array.ts'

it('is nothing where there is nothing', () => {
  expect([textArray([]), bigintArray([])]).toEqual([null, null])
})
it('writes texts with their length in bytes, and nulls', () => {
  expect(textArray(['é', null])?.toString('hex')).toBe(
    '00000001' + '00000001' + '00000019' + '00000002' + '00000001' + '00000002c3a9' + 'ffffffff',
  )
})
it.each([
  [1, '0000000000000001'],
  [2 ** 32 + 5, '0000000100000005'],
  [-1, 'ffffffffffffffff'],
  [Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
])('writes the number %s in eight bytes', (value, hex) => {
  expect(bigintArray([value])?.subarray(24).toString('hex')).toBe(hex)
})
