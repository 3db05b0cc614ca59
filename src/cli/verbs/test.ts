/** `drydock test FILE…`: cases of workflows, walked with mocks and compared; no Docker, no daemon. */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import { type CaseResult, readCaseFile, runCases } from '../../testkit/index.ts'
import { contextOf } from '../globals.ts'
import type { Context } from '../globals.ts'
import { manifestsOf } from '../manifests.ts'
import { phaseIcon } from '../view/style.ts'
import { workflowText } from '../view/workflow-text.ts'

type TestFlags = { readonly verbose?: boolean }

export function registerTest(program: Command): void {
  program
    .command('test')
    .description('run cases of workflows with mocked containers')
    .argument('<files...>', 'files of cases (docs/testing-workflows.md)')
    .option('-v, --verbose', 'draw the tree of cases that fail')
    .action(async (files: string[], flags: TestFlags, command: Command) => {
      process.exitCode = await test(contextOf(command), files, flags)
    })
}

/** @returns 1 where a case failed */
async function test(context: Context, files: readonly string[], flags: TestFlags): Promise<number> {
  let [passed, failed] = [0, 0]
  for (const path of files) {
    const file = readCaseFile(await readFile(path, 'utf8'), path)
    const folder = dirname(resolve(path))
    const manifests = await manifestsOf([file.workflow, ...(file.with ?? [])].map((one) => resolve(folder, one)))
    context.say(path)
    for (const result of runCases(file, manifests)) {
      if (result.differences.length === 0) passed += 1
      else failed += 1
      tell(context, result, flags)
    }
  }
  context.say(`\n${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

function tell(context: Context, { name, differences, result }: CaseResult, { verbose }: TestFlags): void {
  context.say(`  ${phaseIcon(differences.length === 0 ? 'Succeeded' : 'Failed', context.style)} ${name}`)
  for (const difference of differences) context.say(`      ${difference}`)
  if (verbose !== true || differences.length === 0) return
  const tree = workflowText(result.workflow, { style: context.style, nowMs: result.nowMs, form: 'short' })
  context.say(tree.replaceAll(/^/gm, '      '))
}
