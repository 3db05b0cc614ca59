/** Several logs as one, by their times; each is read only as far as needed. */
import type { LogLine } from '../../runtime/port.ts'

type Open<Source> = { readonly source: Source; readonly lines: AsyncIterable<LogLine> }

export async function* mergeByTime<Source>(
  logs: readonly Open<Source>[],
): AsyncGenerator<{ readonly source: Source; readonly line: LogLine }> {
  const heads: { source: Source; line: LogLine; rest: AsyncIterator<LogLine> }[] = []
  const begin = async ({ source, lines }: Open<Source>) => {
    const rest = lines[Symbol.asyncIterator]()
    const first = await rest.next()
    if (first.done !== true) heads.push({ source, line: first.value, rest })
  }
  await Promise.all(logs.map(begin))
  while (heads.length > 0) {
    let least = 0
    for (let i = 1; i < heads.length; i += 1)
      if ((heads[i]?.line.stamp ?? '') < (heads[least]?.line.stamp ?? '')) least = i
    const head = heads[least]
    if (head === undefined) return
    yield { source: head.source, line: head.line }
    const next = await head.rest.next()
    if (next.done === true) heads.splice(least, 1)
    else head.line = next.value
  }
}
