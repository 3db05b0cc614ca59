import { expect, it } from 'vitest'
import { type LogFrame, encodeFrame, readFrames } from './log-frames.ts'
import { linesOf } from './log-lines.ts'

const stamp = (second: number): string => `2026-01-02T03:04:0${second}.000000001Z`
const frame = (stream: 1 | 2, second: number, text: string): LogFrame => ({
  stream,
  stamp: stamp(second),
  content: Buffer.from(text),
})

async function* chunked(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of source) found.push(one)
  return found
}

it.each([1, 7, 4_096])('reads what it wrote, in chunks of %i bytes', async (size) => {
  const frames = [frame(1, 1, 'one\n'), frame(2, 2, ''), frame(1, 3, 'ümlaut without end')]
  expect(await all(readFrames(chunked(Buffer.concat(frames.map(encodeFrame)), size), false))).toEqual(frames)
})

it('joins the pieces of a long line, each stream for itself', async () => {
  const frames = [frame(1, 1, 'a'.repeat(10)), frame(2, 2, 'err\n'), frame(1, 1, 'b\n'), frame(1, 3, 'rest')]
  const lines = await all(linesOf(readFrames(chunked(Buffer.concat(frames.map(encodeFrame)), 5), false)))
  expect(lines.map((line) => [line.stream, line.text])).toEqual([
    ['stderr', 'err'],
    ['stdout', 'aaaaaaaaaab'],
    ['stdout', 'rest'],
  ])
})

it('reads the log of a terminal, which has no heads', async () => {
  const bytes = Buffer.from(`${stamp(1)} one\r\n${stamp(2)} two\r\n`)
  const lines = await all(linesOf(readFrames(chunked(bytes, 3), true)))
  expect(lines.map((line) => [line.stamp, line.text])).toEqual([
    [stamp(1), 'one'],
    [stamp(2), 'two'],
  ])
})
