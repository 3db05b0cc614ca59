import { describe, expect, it } from 'vitest'
import { parseManifests } from './parse.ts'
import { formatProblem } from './problem.ts'
import type { WorkflowSpec } from '../resources/index.ts'

const workflow = (spec: string) =>
  `apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\nspec:\n${spec.replace(/^/gm, '  ')}\n`
const specOf = (text: string, options: { scalarsAsText?: boolean } = {}): WorkflowSpec | undefined => {
  const [document] = parseManifests(text, options).documents
  return document?.manifest?.kind === 'Workflow' ? document.manifest.resource.spec : undefined
}
const parameterValues = (text: string) => specOf(text)?.arguments?.parameters?.map(({ value }) => value)
const parameters = (...values: string[]) =>
  workflow(`arguments:\n  parameters:\n${values.map((value, i) => `  - {name: p${i}, value: ${value}}`).join('\n')}`)

describe('YAML as Argo reads it', () => {
  it('takes old octals, old booleans and exponents, but no times', () => {
    const text = parameters('0755', '0o17', '0x10', '1_000', '1e2', '5.0', '1.50', 'yes', 'Off', '12:30', '2001-12-14')
    expect(parameterValues(text)).toEqual([
      '493',
      '15',
      '16',
      '1000',
      '100',
      '5',
      '1.5',
      'true',
      'false',
      '12:30',
      '2001-12-14',
    ])
  })

  it('keeps a list or map as the value of a parameter as its JSON', () => {
    expect(parameterValues(parameters('[1, a]', '{b: true}'))).toEqual(['[1,"a"]', '{"b":true}'])
  })

  it('takes null for a field as if it were absent', () => {
    expect(specOf(workflow('entrypoint: ~\narguments:'))).toEqual({})
  })

  it('takes numbers and booleans where a text is wanted, as their text', () => {
    const spec = specOf(workflow('templates:\n- container: {image: a, args: [exit, 1, 1.5, true]}'))
    expect(spec?.templates?.[0]?.container?.args).toEqual(['exit', '1', '1.5', 'true'])
  })

  it('follows anchors and merge keys', () => {
    const spec = specOf(
      workflow('templates:\n- &a {name: a, container: {image: b}}\n- {<<: *a, name: c}\n').replace(
        '{<<: *a, name: c}',
        '<<: {container: {image: d}}\n    name: c',
      ),
    )
    expect(spec?.templates?.map(({ name, container }) => [name, container?.image])).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
  })

  it.each([
    [
      'a closing bracket under its key',
      'templates:\n- container:\n    image: a\n    args: ["x",\n    "y"\n    ]',
      ['x', 'y'],
    ],
    [
      'a quoted text that goes on at the first column',
      'templates:\n- container:\n    image: a\n    args: ["x\n\n\ny"]',
      ['x\n\ny'],
    ],
  ])('reads %s', (_, spec, args) => {
    const text = workflow(spec)
      .replace(/^ {4}(?=["\]])/gm, '')
      .replace(/^ {2}(?=y)/gm, '')
    expect(specOf(text)?.templates?.[0]?.container?.args).toEqual(args)
  })

  it('names the right place behind lines that were not indented', () => {
    const text = 'kind: Workflow\nspec:\n  templates:\n  - container:\n      args: ["a",\n"b"]\n      imag: c\n'
    const [problem] = parseManifests(text, { file: 'f.yaml' }).problems
    expect(problem && formatProblem(problem)).toBe(
      'f.yaml:7:7  spec.templates[0].container.imag  unknown field "spec.templates[0].container.imag"  — did you mean "image"?',
    )
  })

  it.each(['{kind: Workflow', '{kind: Workflow, spec: [', '{kind: "Workflow'])(
    'has a fault where %s has no end',
    (text) => {
      expect(parseManifests(text).problems[0]?.message).toMatch(/^yaml: /)
    },
  )

  it('parts documents at every line that begins with three dashes', () => {
    const kinds = parseManifests('kind: Workflow\n---\n# nothing\n--- \nkind: ConfigMap\n---\n').documents.map(
      ({ kind }) => kind,
    )
    expect(kinds).toEqual(['Workflow', 'ConfigMap'])
  })

  it('says where the later documents of a file stand', () => {
    const [, second] = parseManifests('kind: Workflow\n---\nkind: Workflow\nspec:\n  entrypoint: a\n').documents
    expect(second?.locate(['spec', 'entrypoint'])).toEqual({ line: 5, column: 3 })
  })

  it('finds a text inside a block', () => {
    const text = workflow('templates:\n- script:\n    image: a\n    source: |\n      one\n      two {{x}}')
    const [document] = parseManifests(text).documents
    expect(document?.locate(['spec', 'templates', 0, 'script', 'source'], '{{x}}')).toEqual({ line: 10, column: 13 })
  })
})

describe('JSON', () => {
  it('is read with places, and doubles are named by their path', () => {
    const text = '{"kind": "Workflow",\n "spec": {"entrypoint": "a",\n  "entrypoint": "b"}}'
    expect(parseManifests(text).problems).toMatchObject([
      { message: 'duplicate field "spec.entrypoint"', at: { line: 3, column: 3 } },
    ])
  })

  it('does not take a number where a text is wanted', () => {
    const text = '{"kind":"Workflow","spec":{"templates":[{"container":{"image":"a","args":[1]}}]}}'
    expect(parseManifests(text).problems.map(({ message }) => message)).toEqual([
      'json: cannot unmarshal number into Go struct field Container.spec.templates.container.args of type string',
    ])
  })
})

describe('what is wrong with a text', () => {
  it.each([
    ['a misspelt field', workflow('entrypiont: a'), 'unknown field "spec.entrypiont"', 'did you mean "entrypoint"?'],
    [
      'a key that stands twice',
      'kind: Workflow\nspec: {}\nspec: {}',
      'key "spec" already set in map',
      'remove one of them',
    ],
    ['a kind nobody knows', 'kind: Workflw', 'kind "Workflw" is unknown', 'did you mean "Workflow"?'],
    ['no kind', 'metadata: {name: a}', 'kind is missing', undefined],
    ['a quote left open', 'kind: "Workflow', 'yaml: Missing closing "quote', undefined],
    ['a tag without quotes', 'kind: Workflow\nspec:\n  entrypoint: {{a}}', 'a key must be a text', undefined],
    ['an anchor that does not exist', 'kind: *a', "unknown anchor 'a' referenced", undefined],
    [
      'an anchor that holds itself',
      'kind: Workflow\nspec: &a\n  templates: [*a]',
      "anchor 'a' value contains itself",
      undefined,
    ],
    ['a control character', 'kind: Workflow\u0007', 'yaml: control characters are not allowed', undefined],
    [
      'a wrong type',
      workflow('parallelism: many'),
      'json: cannot unmarshal string into Go struct field WorkflowSpec.spec.parallelism of type int64',
      undefined,
    ],
    [
      'an unknown field of a step',
      workflow('templates:\n- steps: [[{name: a, depends: b}]]'),
      'json: unknown field "depends"',
      undefined,
    ],
  ])('is said of %s', (_, text, message, hint) => {
    const [problem] = parseManifests(text).problems
    expect(problem?.message).toBe(message)
    if (hint !== undefined) expect(problem?.hint).toBe(hint)
    expect(problem?.at).toBeDefined()
  })

  it('is not said of unknown fields in lenient reading, where case does not matter either', () => {
    const text = workflow('entryPoint: a\nnope: 1')
    const { documents, problems } = parseManifests(text, { strict: false })
    expect(problems).toEqual([])
    expect(documents[0]?.manifest?.resource).toMatchObject({ spec: { entrypoint: 'a' } })
  })
})

describe('limits', () => {
  const nested = (depth: number) => `kind: Workflow\nspec: ${'['.repeat(depth)}${']'.repeat(depth)}`
  const bomb = Array.from(
    { length: 12 },
    (_, i) =>
      `a${i}: &a${i} [${Array(9)
        .fill(i === 0 ? '1' : `*a${i - 1}`)
        .join(',')}]`,
  )

  it.each([
    ['too many bytes', 'kind: Workflow', { maxFileBytes: 10 }, 'is larger than 10 bytes'],
    ['too many documents', 'kind: A\n---\nkind: B', { maxDocuments: 1 }, 'holds more than 1 documents'],
    ['too deep nesting', nested(20), { maxDepth: 10 }, 'nested deeper than 10 levels'],
    ['too many values', `kind: Workflow\nspec: [${'1,'.repeat(50)}]`, { maxNodes: 20 }, 'holds more than 20 values'],
    ['a bomb of aliases', bomb.join('\n'), {}, 'document contains excessive aliasing'],
    ['nesting beyond the stack', nested(100_000), {}, 'nested'],
  ])('refuse %s', (_, text, limits, message) => {
    const defaults = { maxFileBytes: 1e6, maxDocuments: 100, maxDepth: 200, maxNodes: 1e6 }
    const { problems } = parseManifests(text, { limits: { ...defaults, ...limits } })
    expect(problems).toHaveLength(1)
    expect(problems[0]?.message).toContain(message)
  })
})
