/** `drydock eval --batch`: a JSON case per line in, a JSON answer per line out, in order. Never stops at a bad case. */
import type { Readable, Writable } from 'node:stream'
import { once } from 'node:events'
import type { EvalAnswer } from './answer.ts'
import { type EvalCase, answerCase } from './cases.ts'

export async function evaluateBatch(input: Readable, output: Writable): Promise<void> {
  for await (const line of linesOf(input)) {
    if (line.trim() === '') continue
    if (!output.write(`${answerLine(line)}\n`)) await once(output, 'drain')
  }
}

/** Cut at line feeds only: node:readline also cuts at U+2028, which may stand in JSON. */
async function* linesOf(input: Readable): AsyncGenerator<string, void, undefined> {
  let rest = ''
  input.setEncoding('utf8')
  for await (const chunk of input as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

/** One answer, whatever happens on the way to it. */
export function answerLine(line: string): string {
  try {
    return lineOf(answerCase(JSON.parse(line) as EvalCase))
  } catch (error) {
    return JSON.stringify({ error: error instanceof Error ? error.message : String(error) })
  }
}

function lineOf(answer: EvalAnswer): string {
  if ('error' in answer) return JSON.stringify({ error: answer.error })
  const type = answer.type === undefined ? '' : `,"type":${JSON.stringify(answer.type)}`
  return `{"value":${answer.value}${type}}`
}
