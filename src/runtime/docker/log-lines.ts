/** Frames joined to lines, per stream. */
import { instant } from '../../resources/index.ts'
import type { LogLine, LogOptions } from '../port.ts'
import type { LogFrame } from './log-frames.ts'

export async function* linesOf(frames: AsyncIterable<LogFrame>): AsyncGenerator<LogLine> {
  const open: (LogFrame[] | undefined)[] = []
  for await (const frame of frames) {
    const pieces = (open[frame.stream] ??= [])
    pieces.push(frame)
    if (frame.content[frame.content.length - 1] !== 10) continue
    open[frame.stream] = undefined
    yield lineOf(pieces)
  }
  for (const pieces of open) if (pieces?.length) yield lineOf(pieces)
}

function lineOf(pieces: readonly LogFrame[]): LogLine {
  const first = pieces[0]
  const stamp = first?.stamp ?? ''
  const bytes = Buffer.concat(pieces.map((piece) => piece.content))
  return {
    at: instant(Date.parse(stamp) || 0),
    stamp,
    stream: first?.stream === 2 ? 'stderr' : 'stdout',
    text: bytes.toString('utf8').replace(/\r?\n$/, ''),
  }
}

/** `sinceMs` and `tailLines` of the options. */
export async function* chosenLines(lines: AsyncIterable<LogLine>, options: LogOptions): AsyncGenerator<LogLine> {
  const { sinceMs, tailLines } = options
  const last: LogLine[] = []
  for await (const line of lines) {
    if (sinceMs !== undefined && line.at < sinceMs) continue
    if (tailLines === undefined) {
      yield line
      continue
    }
    last.push(line)
    if (last.length > tailLines * 2 + 16) last.splice(0, last.length - tailLines)
  }
  if (tailLines !== undefined && tailLines > 0) yield* last.slice(-tailLines)
}
