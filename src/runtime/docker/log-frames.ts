/**
 * The engine's log stream in frames: eight bytes of head (stream, length), then a stamp, a space and what was written.
 * Our log files have the same form, so that one reader does for both. A terminal's log has no heads: it is all stdout.
 */

export type LogFrame = {
  readonly stream: 1 | 2
  /** RFC 3339 with nanoseconds; strings of one length, so they can be compared. */
  readonly stamp: string
  /** A line with its end, or a piece of at most 16 KiB of a longer one. */
  readonly content: Buffer
}

export async function* readFrames(source: AsyncIterable<unknown>, isTty: boolean): AsyncGenerator<LogFrame> {
  const stamps = ['', '', '']
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of source) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    let from = 0
    for (;;) {
      const next = isTty ? lineAt(rest, from) : frameAt(rest, from)
      if (next === null) break
      from = next.end
      yield stamped(next.stream, next.payload, stamps)
    }
    rest = rest.subarray(from)
  }
  if (isTty && rest.length > 0) yield stamped(1, rest, stamps)
}

export function encodeFrame(frame: LogFrame): Buffer {
  const head = Buffer.alloc(8)
  head[0] = frame.stream
  const stamp = Buffer.from(`${frame.stamp} `, 'latin1')
  head.writeUInt32BE(stamp.length + frame.content.length, 4)
  return Buffer.concat([head, stamp, frame.content])
}

type Raw = { readonly stream: 1 | 2; readonly payload: Buffer; readonly end: number }

function frameAt(bytes: Buffer, from: number): Raw | null {
  if (bytes.length < from + 8) return null
  const end = from + 8 + bytes.readUInt32BE(from + 4)
  if (bytes.length < end) return null
  return { stream: bytes[from] === 2 ? 2 : 1, payload: bytes.subarray(from + 8, end), end }
}

function lineAt(bytes: Buffer, from: number): Raw | null {
  const end = bytes.indexOf(10, from)
  return end < 0 ? null : { stream: 1, payload: bytes.subarray(from, end + 1), end: end + 1 }
}

/** Some engines stamp only the first piece of a long line: a piece without a stamp has that of the piece before. */
function stamped(stream: 1 | 2, payload: Buffer, stamps: string[]): LogFrame {
  const space = payload.indexOf(32)
  const stamp = space > 18 && space < 40 ? payload.toString('latin1', 0, space) : ''
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(stamp)) {
    return { stream, stamp: stamps[stream] ?? '', content: payload }
  }
  stamps[stream] = stamp
  return { stream, stamp, content: payload.subarray(space + 1) }
}
