import { describe, expect, it } from 'vitest'
import { lintFiles } from './lint-files.ts'
import { strictPolicy } from './policy.ts'
import { lintReportText, lintWarningsText } from './lint-report.ts'

const good =
  'kind: Workflow\nmetadata: {generateName: w-}\nspec:\n  entrypoint: a\n  templates: [{name: a, container: {image: b}}]\n'
const bad = good.replace('entrypoint: a', 'entrypoint: x')
const calling = 'kind: Workflow\nspec:\n  workflowTemplateRef: {name: t}\n'
const template =
  'kind: WorkflowTemplate\nmetadata: {name: t}\nspec:\n  entrypoint: a\n  templates: [{name: a, container: {image: b}}]\n'
const lint = (...texts: string[]) => lintFiles(texts.map((text, i) => ({ file: `${i}.yaml`, text })))
const simple = (...texts: string[]) => lintReportText(lint(...texts), 'simple', false)

describe('lint', () => {
  it('says so when all is well', () => {
    expect(simple(good)).toBe('no linting errors found!\n')
  })

  it('names file, place, object and fault on a line', () => {
    expect(simple(good, bad)).toBe(`1.yaml:4:3: in "w-" (Workflow): template name 'x' undefined\n`)
  })

  it('joins the unknown fields of an object', () => {
    expect(simple(good.replace('spec:', 'spec:\n  a: 1\n  b: 2'))).toBe(
      '0.yaml:4:3: in "w-" (Workflow): strict decoding error: unknown field "spec.a", unknown field "spec.b"\n',
    )
  })

  it('resolves references among the files of a call only', () => {
    expect(simple(calling)).toContain(`in "object #1" (Workflow): couldn't find workflow template "t" in namespace ""`)
    expect(lint(calling, template).success).toBe(true)
  })

  it('refuses two templates of one name', () => {
    expect(simple(template, template)).toBe('1.yaml:2:12: duplicate WorkflowTemplate found: "t"\n')
  })

  it('fails with nothing to lint', () => {
    expect(simple('# nothing\n')).toBe('found nothing to lint in the specified paths, failing...\n')
    expect(lint().success).toBe(false)
  })

  it('warns of a broken document beside a good one, and fails where it stands alone', () => {
    const broken = 'kind: Workflow\nkind: Workflow\n'
    const report = lint(`${good}---\n${broken}`)
    expect(report.success).toBe(true)
    expect(lintWarningsText(report)).toBe('warning: 0.yaml:8:1: key "kind" already set in map\n')
    expect(lint(broken).success).toBe(false)
  })

  it('goes on behind a file that cannot be decoded', () => {
    const report = lint(good.replace('entrypoint: a', 'entrypoint: [a]'), bad)
    expect(report.results.map(({ findings }) => findings.length)).toEqual([1, 1])
  })

  it('tells every fault of an object, first the one that Argo names, and no fault twice', () => {
    const text = [
      'kind: Workflow',
      'metadata: {name: w}',
      'spec:',
      '  entrypoint: main',
      '  podGC: {strategy: Never}',
      '  templates:',
      '  - name: main',
      '    steps: [[{name: a, template: say}], [{name: b, template: nowhere}]]',
      '  - {name: say, container: {image: ""}}',
      '  - {name: gives, container: {image: a, args: ["{{workflow.outputs.parameters.x}}"]}}',
      '  - {name: other, dag: {tasks: []}}',
      '',
    ].join('\n')
    expect(simple(text).split('\n').slice(0, -1)).toEqual([
      '0.yaml:9:17: in "w" (Workflow): templates.main.steps[0].a templates.say.container.image may not be empty',
      '0.yaml:5:11: in "w" (Workflow): podGC.strategy unknown strategy \'Never\'',
      '0.yaml:11:19: in "w" (Workflow): templates.other templates.other must have at least one task',
    ])
  })

  it('tells what else is wrong beside unknown fields, but not what follows from them', () => {
    const text = good.replace('image: b', 'imagee: b').replace('spec:', 'spec:\n  onExit: bye')
    expect(simple(text).split('\n').slice(0, -1)).toEqual([
      '0.yaml:6:37: in "w-" (Workflow): strict decoding error: unknown field "spec.templates[0].container.imagee"',
      `0.yaml:4:3: in "w-" (Workflow): template name 'bye' undefined`,
    ])
  })

  it('warns of what only the policy for the host refuses', () => {
    const text = good.replace('image: b', 'image: b, securityContext: {privileged: true}')
    const report = lintFiles([{ file: 'f.yaml', text }], { policy: strictPolicy })
    expect(report.success).toBe(true)
    expect(lintWarningsText(report)).toBe(
      'warning: f.yaml:5:65: in "w-" (Workflow): spec.templates[0].container.securityContext.privileged is not allowed: ' +
        'allow it with `security.allowPrivileged`\n',
    )
  })

  it('shows people the place and what to do', () => {
    const report = lint(good.replace('entrypoint: a', 'entrypoint: ab').replace('name: a,', 'name: abc,'))
    expect(lintReportText(report, 'pretty', false)).toBe(
      '0.yaml:\n   ✖ 4:3 in "w-" (Workflow): template name \'ab\' undefined  — did you mean "abc"?\n\n✖ 1 linting errors found!\n',
    )
  })
})
