import { expect, it } from 'vitest'
import { PartBuffers, partBytesOf } from './part-buffers.ts'

const never = new AbortController().signal
const mebibyte = 1024 * 1024

it('makes parts that S3 takes, few enough for what an archive may hold, none larger than the budget', async () => {
  let total = 0
  for (let number = 1; number <= 10_000; number++) total += partBytesOf(number)
  expect(total).toBeGreaterThan(256 * 1024 * mebibyte)
  expect(partBytesOf(1)).toBe(5 * mebibyte)
  const largest = await new PartBuffers().take(partBytesOf(10_000), never)
  expect(largest).toHaveLength(48 * mebibyte)
})
it('lets those wait who ask for more than is left, and serves them in turn', async () => {
  const buffers = new PartBuffers()
  const first = await Promise.all([1, 2, 3].map(() => buffers.take(16 * mebibyte, never)))
  const served: string[] = []
  const large = buffers.take(48 * mebibyte, never).then((buffer) => (served.push('large'), buffer))
  const small = buffers.take(5 * mebibyte, never).then(() => served.push('small'))
  for (const buffer of first) buffers.giveBack(buffer, true)
  buffers.giveBack(await large, true)
  await small
  expect(served).toEqual(['large', 'small'])
})
it('forgets who stops waiting, and goes on with the next', async () => {
  const buffers = new PartBuffers()
  const all = await buffers.take(48 * mebibyte, never)
  const controller = new AbortController()
  const stopped = buffers.take(48 * mebibyte, controller.signal)
  const next = buffers.take(5 * mebibyte, never)
  controller.abort(new Error('told to stop'))
  await expect(stopped).rejects.toThrow('told to stop')
  buffers.giveBack(all, false)
  expect(await next).toHaveLength(5 * mebibyte)
})
