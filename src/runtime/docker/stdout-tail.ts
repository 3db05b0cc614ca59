/** The end of what a container wrote to stdout. */
import type { LogFrame } from './log-frames.ts'

const stdout = 1

/** The last `maxBytes` of it, with no more than about twice that held at any time. */
export async function stdoutTail(frames: AsyncIterable<LogFrame>, maxBytes: number): Promise<Uint8Array> {
  let kept: Buffer[] = []
  let length = 0
  for await (const { stream, content } of frames) {
    if (stream !== stdout) continue
    kept.push(content)
    length += content.length
    if (length <= maxBytes * 2 + 65_536) continue
    kept = [Buffer.concat(kept).subarray(-maxBytes)]
    length = kept[0]?.length ?? 0
  }
  return Buffer.concat(kept).subarray(length > maxBytes ? length - maxBytes : 0)
}
