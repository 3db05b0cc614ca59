/** `drydock eval`: what an expression, condition or format comes to, and why it fails, without a daemon. */
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { evaluateBatch } from './eval/batch.ts'
import { explain } from './eval/explain.ts'

type EvalFlags = {
  readonly batch?: boolean
  readonly env: Readonly<Record<string, string>>
  readonly envFile?: string
  readonly when?: boolean
  readonly template?: boolean
  readonly depends?: boolean
  readonly task: Readonly<Record<string, string>>
  readonly jq?: boolean
  readonly jsonpath?: boolean
  readonly document?: string
  readonly cron?: boolean
  readonly timezone?: string
  readonly from?: string
  readonly duration?: boolean
  readonly quantity?: boolean
  readonly output: string
}

const pairs = (pair: string, all: Readonly<Record<string, string>>): Record<string, string> => {
  const cut = pair.indexOf('=')
  return cut < 0 ? { ...all, [pair]: '' } : { ...all, [pair.slice(0, cut)]: pair.slice(cut + 1) }
}

export function registerEval(program: Command): void {
  program
    .command('eval')
    .description('evaluate an expression as Argo does: {{=…}} by default, or one of the other languages')
    .argument('[expression]', 'the text to evaluate')
    .option('--env <name=value>', 'a variable, as text; may be repeated', pairs, {})
    .option('--env-file <file>', 'variables from a JSON object')
    .option('--when', 'the condition of a step or task')
    .option('--template', 'a text with tags')
    .option('--depends', 'the depends of a DAG task')
    .option('--task <name=phase>', 'a task and its phase, for --depends; may be repeated', pairs, {})
    .option('--jq', 'a jqFilter, on --document')
    .option('--jsonpath', 'a jsonPath of a resource template, on --document')
    .option('--document <file>', 'a JSON document, - for the standard input')
    .option('--cron', 'a schedule: its next five times')
    .option('--timezone <zone>', 'zone of the schedule', '')
    .option('--from <time>', 'the times after this one, now by default')
    .option('--duration', 'a duration')
    .option('--quantity', 'a quantity of resources')
    .option('-o, --output <style>', 'text or json', 'text')
    .option('--batch', 'a JSON case per line on the standard input, a JSON answer per line on the output')
    .action(async (expression: string | undefined, flags: EvalFlags) => {
      process.exitCode = await run(expression, flags)
    })
}

/** @returns the exit code: 1 where the expression fails */
async function run(expression: string | undefined, flags: EvalFlags): Promise<number> {
  if (flags.batch === true) {
    await evaluateBatch(process.stdin, process.stdout)
    return 0
  }
  if (expression === undefined) {
    process.stderr.write("error: missing the expression; 'drydock eval --help' shows how\n")
    return 2
  }
  const explained = explain(await caseOf(expression, flags))
  process.stdout.write(flags.output === 'json' ? `${explained.json}\n` : explained.text)
  return explained.ok ? 0 : 1
}

async function caseOf(input: string, flags: EvalFlags): Promise<Readonly<Record<string, unknown>>> {
  const env = { ...(await jsonOf(flags.envFile)), ...flags.env }
  if (flags.when === true) return { kind: 'when', input }
  if (flags.template === true) return { kind: 'template', raw: input, env, allowUnresolved: true }
  if (flags.jq === true) return { kind: 'jq', input, document: await documentOf(flags.document) }
  if (flags.jsonpath === true) {
    return { kind: 'jsonpath', dialect: 'kubernetes', input, document: await documentOf(flags.document) }
  }
  if (flags.cron === true) {
    return { kind: 'cron', schedule: input, timezone: flags.timezone, from: flags.from ?? new Date().toISOString() }
  }
  if (flags.duration === true) return { kind: 'duration', parser: 'argo', input }
  if (flags.quantity === true) return { kind: 'quantity', input }
  if (flags.depends === true) {
    const tasks = Object.entries(flags.task).map(([name, phase]) => [name, { phase }])
    return { kind: 'depends', query: 'run', task: 'this', depends: input, tasks: Object.fromEntries(tasks) as unknown }
  }
  return { kind: 'expr', input, env }
}

async function jsonOf(file: string | undefined): Promise<object> {
  return file === undefined ? {} : (JSON.parse(await readFile(file, 'utf8')) as object)
}

async function documentOf(file: string | undefined): Promise<unknown> {
  return JSON.parse(await readFile(file === undefined || file === '-' ? '/dev/stdin' : file, 'utf8')) as unknown
}
