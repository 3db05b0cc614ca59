/** A lint report as text: `simple` as Argo prints it with the place in front, `pretty` for people. */
import { styleText } from 'node:util'
import type { LintReport, LintResult } from './lint-files.ts'
import type { Problem } from './problem.ts'

export type LintStyle = 'simple' | 'pretty'

export function lintReportText(report: LintReport, style: LintStyle, hasColor: boolean): string {
  const lines = report.results.flatMap((result) => (style === 'simple' ? simple(result) : pretty(result, hasColor)))
  return [...lines, ...summary(report, style, hasColor), ''].join('\n')
}

/** What does not fail the lint but is worth a word. */
export function lintWarningsText(report: LintReport): string {
  const lines = report.results.flatMap(({ file, warnings }) =>
    warnings.map(
      (problem) => `warning: ${line(file, problem)}${problem.rule && problem.hint ? `: ${problem.hint}` : ''}`,
    ),
  )
  return lines.map((text) => `${text}\n`).join('')
}

const line = (file: string, { at, message }: Problem): string =>
  at ? `${file}:${at.line}:${at.column}: ${message}` : `${file}: ${message}`

const simple = ({ file, findings }: LintResult): string[] => findings.map((problem) => line(file, problem))

function pretty({ file, findings }: LintResult, hasColor: boolean): string[] {
  if (findings.length === 0) return []
  const lines = findings.flatMap(singly).map(({ at, message, hint }) => {
    const place = at ? paint('dim', `${at.line}:${at.column} `, hasColor) : ''
    return `   ${paint('red', '✖', hasColor)} ${place}${message}${hint ? paint('dim', `  — ${hint}`, hasColor) : ''}`
  })
  return [`${paint('underline', file, hasColor)}:`, ...lines, '']
}

/** People read one fault a line, each at its place. */
const singly = (problem: Problem): readonly Problem[] => problem.parts ?? [problem]

function summary({ results, success }: LintReport, style: LintStyle, hasColor: boolean): string[] {
  const findings = results.reduce((sum, result) => sum + result.findings.flatMap(singly).length, 0)
  const mark = (sign: string, color: 'green' | 'red', text: string) =>
    style === 'pretty' ? paint(color, `${sign} ${text}`, hasColor) : text
  if (success) return [mark('✔', 'green', 'no linting errors found!')]
  if (findings === 0) return [mark('✖', 'red', 'found nothing to lint in the specified paths, failing...')]
  return style === 'pretty' ? [paint('red', `✖ ${findings} linting errors found!`, hasColor)] : []
}

const paint = (style: 'dim' | 'red' | 'green' | 'underline', text: string, hasColor: boolean): string =>
  hasColor ? styleText(style, text, { validateStream: false }) : text
