/** Kept logs that more than one daemon writes, as where one takes a workflow over from one that is not gone yet. */
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type EngineClient, EngineError } from './client.ts'
import { LogCapture } from './log-capture.ts'
import { LogFile, keptFrames } from './log-file.ts'
import { type LogFrame, encodeFrame } from './log-frames.ts'

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-log-file-'))
  path = join(folder, 'pod', 'main')
})
afterEach(() => rmSync(folder, { recursive: true }))

const frameOf = (second: number): LogFrame => ({
  stream: 1,
  stamp: `2026-01-01T00:00:0${second}.000000000Z`,
  content: Buffer.from(`line ${second}\n`),
})
const file = () => new LogFile(path, 1_000_000)

async function keptLines(): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const { content } of keptFrames(path)) lines.push(content.toString().trim())
  return lines
}

/** An engine whose container has written so many lines; `null` where it does not know the container. */
function engineWith(lines: () => number | null): EngineClient {
  const stream = () => {
    const count = lines()
    if (count === null) return Promise.reject(new EngineError(404, 'No such container'))
    return Promise.resolve(Readable.from(Array.from({ length: count }, (_, index) => encodeFrame(frameOf(index + 1)))))
  }
  return { stream } as unknown as EngineClient
}
const captureOf = (client: EngineClient) => new LogCapture(client, 'id', false, file())

it('two that finish the same log at once leave it whole, and each line once', async () => {
  for (let round = 0; round < 20; round += 1) {
    const client = engineWith(() => 5)
    await Promise.all([1, 2, 3].map(() => captureOf(client).finish()))
    expect(await keptLines()).toEqual(['line 1', 'line 2', 'line 3', 'line 4', 'line 5'])
  }
})

it('who follows a log that another takes over and finishes, goes on with it', async () => {
  const before = file()
  expect(await before.resume()).toBe('')
  for (const second of [1, 2]) await before.append(frameOf(second))
  await before.flush()
  const after = file()
  expect(await after.resume()).toBe(frameOf(2).stamp)
  await before.append(frameOf(3))
  await expect(before.flush()).rejects.toMatchObject({ code: 'ENOENT' })
  for (const second of [2, 3]) await after.append(frameOf(second))
  await after.finish()
  expect(await before.resume()).toBe(frameOf(3).stamp)
  await before.finish()
  expect(await keptLines()).toEqual(['line 1', 'line 2', 'line 3'])
  expect(readdirSync(join(folder, 'pod'))).toEqual(['main.log'])
})

it('a daemon that another has overtaken begins no log where there is none any more, and goes on with what there is', async () => {
  const confirm = vi.fn(() => Promise.reject(new Error('another has taken over')))
  const overtaken = () => new LogFile(path, 1_000_000, confirm)
  await expect(overtaken().resume()).rejects.toThrow('another has taken over')
  expect(readdirSync(folder)).toEqual([])
  const before = file()
  await before.resume()
  await before.append(frameOf(1))
  await before.flush()
  expect(await overtaken().resume()).toBe(frameOf(1).stamp)
  expect(confirm).toHaveBeenCalledTimes(1)
})

it('a daemon that was killed in the middle of a line leaves what the next one completes', async () => {
  const killed = file()
  await killed.resume()
  for (const second of [1, 2]) await killed.append(frameOf(second))
  await killed.flush()
  const [part = ''] = readdirSync(join(folder, 'pod'))
  appendFileSync(join(folder, 'pod', part), encodeFrame(frameOf(3)).subarray(0, 12))
  expect(await keptLines()).toEqual(['line 1', 'line 2'])
  await captureOf(engineWith(() => 4)).finish()
  expect(await keptLines()).toEqual(['line 1', 'line 2', 'line 3', 'line 4'])
})

it('of several that were begun the one that goes furthest is gone on with; a container’s name may begin as another’s', async () => {
  const [short, long] = [file(), file()]
  await Promise.all([short.resume(), long.resume()])
  await short.append(frameOf(1))
  await short.flush()
  for (const second of [1, 2, 3]) await long.append(frameOf(second))
  await long.flush()
  const other = new LogFile(`${path}-2`, 1_000_000)
  await other.resume()
  for (const second of [4, 5, 6, 7, 8]) await other.append(frameOf(second))
  await other.flush()
  expect(await keptLines()).toEqual(['line 1', 'line 2', 'line 3'])
  expect(await file().resume()).toBe(frameOf(3).stamp)
})

it('a container that is gone when its log is to be finished loses no line that was kept', async () => {
  let lines: number | null = 3
  const client = engineWith(() => lines)
  const capture = captureOf(client)
  capture.follow()
  await expect.poll(keptLines).toHaveLength(3)
  lines = null
  await capture.finish()
  expect(await keptLines()).toEqual(['line 1', 'line 2', 'line 3'])
  expect(readdirSync(join(folder, 'pod'))).toEqual(['main.log'])
})

it('a log that is dropped while it is finished does not come back', async () => {
  const client = engineWith(() => {
    rmSync(join(folder, 'pod'), { recursive: true })
    return 3
  })
  await expect(captureOf(client).finish()).rejects.toMatchObject({ code: 'ENOENT' })
  expect(readdirSync(folder)).toEqual([])
})

it('there is nothing to read where no log was kept', async () => {
  expect(await keptLines()).toEqual([])
  mkdirSync(join(folder, 'pod'))
  expect(await keptLines()).toEqual([])
})
