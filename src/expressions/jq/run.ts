/** `valueFrom.jqFilter`: runs a jq program on a document, within bounds of time and memory. */
import { type Parsed, jsonFloat, parsed, unparsed } from '../go-text.ts'
import { checkNames } from './check.ts'
import { JqBreak, JqEnd, JqError, JqProgramError } from './errors.ts'
import { Interpreter, type RunLimits } from './interpreter.ts'
import { plain } from './items.ts'
import { parseProgram } from './parser.ts'
import { type JqValue, fromJson, writeJson } from './values.ts'

/** About a second of work, and far from the end of the stack. */
export const jqLimits: RunLimits = { stepsMax: 5_000_000, depthMax: 3_000 }
/** Characters of output, above which the filter fails. */
const outputLengthMax = 10_000_000

export type JqOptions = {
  /** For `now`, which fails without. */
  readonly now?: Date
  readonly limits?: RunLimits
}

/** Each result on a line of its own: texts as they are, the rest as JSON. Blanks around the whole are cut. */
export function runJq(filter: string, document: unknown, options: JqOptions = {}): Parsed<string> {
  try {
    const program = parseProgram(filter)
    checkNames(program)
    const interpreter = new Interpreter(options.limits ?? jqLimits, options.now?.getTime() ?? null)
    const lines: string[] = []
    let length = 0
    for (const { value } of interpreter.run(program, null, plain(fromJson(document)), 0)) {
      const line = typeof value === 'string' ? value : goJson(value)
      length += line.length + 1
      if (length > outputLengthMax) return unparsed('jq filter gives too much output')
      lines.push(line)
    }
    return parsed(lines.join('\n').trim())
  } catch (error) {
    if (error instanceof RangeError) return unparsed('jq filter goes too deep or needs too much memory')
    if (
      error instanceof JqError ||
      error instanceof JqEnd ||
      error instanceof JqProgramError ||
      error instanceof JqBreak
    ) {
      return unparsed(error.message)
    }
    throw error
  }
}

/** As Go's encoding/json: `<`, `>`, `&` escaped, no NaN and no infinity. */
function goJson(value: JqValue): string {
  return writeJson(value, goJsonText, (number) => {
    if (Number.isFinite(number)) return jsonFloat(number)
    throw new JqError(`json: unsupported value: ${Number.isNaN(number) ? 'NaN' : number > 0 ? '+Inf' : '-Inf'}`)
  })
}

const goJsonText = (text: string): string =>
  JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
