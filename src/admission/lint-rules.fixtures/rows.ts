/** Manifests that break one rule of lint, and how a test holds lint against them. */
import { describe, expect, it } from 'vitest'
import { lintFiles } from '../lint-files.ts'

const manifest = (kind: string, spec: string) =>
  `kind: ${kind}\nmetadata: {name: w}\nspec:\n${spec.replace(/^/gm, '  ')}\n`
export const workflow = (spec: string) => manifest('Workflow', spec)
export const cron = (spec: string) =>
  manifest(
    'CronWorkflow',
    `${spec}\nworkflowSpec: {entrypoint: main, templates: [{name: main, container: {image: a}}]}`,
  )
export const template = (spec: string) => manifest('WorkflowTemplate', spec)
export const image = 'container: {image: a}'
/** A workflow whose template `main` is given; `say` takes `m` and puts out `o`. */
export const main = (body: string) =>
  workflow(
    `entrypoint: main\narguments: {parameters: [{name: p, value: x}]}\ntemplates:\n- name: main\n${body.replace(/^/gm, '  ')}\n` +
      '- name: say\n  inputs: {parameters: [{name: m, default: x}]}\n  container: {image: a, args: ["{{inputs.parameters.m}}"]}\n' +
      '  outputs: {parameters: [{name: o, valueFrom: {path: /o}}]}',
  )
export const one = (fields: string) => workflow(`entrypoint: main\n${fields}\ntemplates: [{name: main, ${image}}]`)
export const steps = (...list: string[]) => main(`steps:\n${list.map((step) => `- - ${step}`).join('\n')}`)
export const dag = (...tasks: string[]) => main(`dag:\n  tasks:\n${tasks.map((task) => `  - ${task}`).join('\n')}`)

/** The place of what is wrong is marked with ¤ in the text. */
export type Row = readonly [rule: string, text: string, message: string, hint: string]

function placeOf(marked: string): string {
  const before = marked.slice(0, marked.indexOf('¤')).split('\n')
  return `${before.length}:${(before.at(-1) ?? '').length + 1}`
}

export function lintTells(rows: Readonly<Record<string, readonly Row[]>>): void {
  describe.each(Object.entries(rows))('the rule on %s', (_, list) => {
    it.each(list)('%s', (_rule, marked, message, hint) => {
      const { results, success } = lintFiles([{ file: 'f.yaml', text: marked.replace('¤', '') }])
      const [first] = results.flatMap(({ findings }) => findings)
      expect(success).toBe(false)
      expect(first?.message).toContain(message)
      expect(`${first?.at?.line}:${first?.at?.column}`).toBe(placeOf(marked))
      expect(first?.hint).toContain(hint)
    })
  })
}
