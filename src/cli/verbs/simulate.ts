/** `drydock simulate FILE`: what a workflow would do, with mocks for its containers; no Docker, no daemon. */
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { readMocks, subjectOf, walk } from '../../testkit/index.ts'
import type { Start } from '../../testkit/index.ts'
import { contextOf } from '../globals.ts'
import { manifestsOf } from '../manifests.ts'
import { objectText } from '../output.ts'
import { tableText } from '../view/table.ts'
import { workflowText } from '../view/workflow-text.ts'
import { collected } from './submit.ts'

type SimulateFlags = {
  readonly parameter: readonly string[]
  readonly with: readonly string[]
  readonly mocks?: string
  readonly entrypoint?: string
  readonly output?: string
}

export function registerSimulate(program: Command): void {
  program
    .command('simulate')
    .description('walk a workflow with mocked containers: its tree, and what starts when')
    .argument('<file>', 'manifest, - for the standard input')
    .option('-p, --parameter <k=v>', 'an argument; may be repeated', collected, [])
    .option('--mocks <file>', 'what stands in for containers (docs/testing-workflows.md)')
    .option('--with <file>', 'more manifests it needs (templates, ConfigMaps, …); may be repeated', collected, [])
    .option('--entrypoint <template>', 'template to begin with')
    .option('-o, --output <form>', 'name, json, yaml, wide or short')
    .action(async (file: string, flags: SimulateFlags, command: Command) => {
      process.exitCode = await simulate(file, flags, command)
    })
}

/** @returns 0 where the workflow would succeed */
async function simulate(file: string, flags: SimulateFlags, command: Command): Promise<number> {
  const context = contextOf(command)
  const manifests = await manifestsOf([file, ...flags.with])
  const mocks = flags.mocks === undefined ? {} : readMocks(await readFile(flags.mocks, 'utf8'), flags.mocks)
  const pairs = flags.parameter.map((pair) => [pair.split('=', 1)[0] ?? '', pair.slice(pair.indexOf('=') + 1)])
  const workflow = subjectOf(manifests, {
    parameters: Object.fromEntries(pairs) as Record<string, string>,
    ...(flags.entrypoint === undefined ? {} : { entrypoint: flags.entrypoint }),
  })
  const result = walk({ workflow, manifests, mocks })
  const text = objectText(result.workflow, flags.output)
  if (text !== null) context.say(text)
  else {
    const form = flags.output === 'wide' || flags.output === 'short' ? flags.output : 'default'
    context.say(workflowText(result.workflow, { style: context.style, nowMs: result.nowMs, form }))
    if (form !== 'short') context.say(`\nStarted, in this order:\n${startsText(result.starts)}`)
  }
  if (result.stuck !== null) process.stderr.write(`It does not end: ${result.stuck}\n`)
  return result.workflow.status?.phase === 'Succeeded' ? 0 : 1
}

const startsText = (starts: readonly Start[]): string =>
  tableText(
    starts.map(({ node, atMs }) => [
      `${(atMs / 1000).toFixed(1).padStart(8)}s`,
      node === '.' ? '(the workflow itself)' : node,
    ]),
  )
