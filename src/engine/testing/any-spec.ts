/** Specs that nobody would write, for property tests: small, legal, and of everything at once. */
import fc from 'fast-check'
import type { DAGTask, Template, WorkflowSpec, WorkflowStep } from '../../resources/index.ts'
import { chain } from './templates.ts'

const leaves: readonly Template[] = [
  { name: 'plain', container: { image: 'x' } },
  {
    name: 'gives',
    container: { image: 'x' },
    outputs: { parameters: [{ name: 'p', valueFrom: { path: '/p' }, globalName: 'g' }] },
  },
  { name: 'retried', container: { image: 'x' }, retryStrategy: { limit: 2, retryPolicy: 'Always' } },
  {
    name: 'backing-off',
    container: { image: 'x' },
    retryStrategy: { limit: 1, backoff: { duration: '2', factor: 2 } },
  },
  { name: 'mutex', container: { image: 'x' }, synchronization: { mutexes: [{ name: 'm' }] } },
  {
    name: 'semaphore',
    container: { image: 'x' },
    synchronization: { semaphores: [{ configMapKeyRef: { name: 'limits', key: 'k' } }], mutexes: [{ name: 'n' }] },
    retryStrategy: { limit: 1, retryPolicy: 'Always' },
  },
  { name: 'waits', suspend: { duration: '3' } },
  chain('pair', 'one', 'two'),
  { name: 'call', http: { url: 'http://x' } },
  { name: 'script', script: { image: 'x', command: ['sh'], source: 'true' }, timeout: '40s' },
  { name: 'kind', resource: { action: 'create', manifest: 'kind: ConfigMap' } },
  { name: 'serves', container: { image: 'x' }, daemon: true },
  {
    name: 'remembers',
    container: { image: 'x' },
    outputs: { parameters: [{ name: 'p', valueFrom: { path: '/p' } }] },
    memoize: { key: 'same', maxAge: '1h', cache: { configMap: { name: 'cache' } } },
  },
  { name: 'locked-call', http: { url: 'http://x' }, synchronization: { mutexes: [{ name: 'm' }] } },
  { name: 'locked-wait', suspend: { duration: '2' }, synchronization: { mutexes: [{ name: 'n' }] } },
  {
    name: 'set',
    containerSet: { retryStrategy: { retries: 1 }, containers: [{ name: 'main', image: 'x' }] },
    retryStrategy: { limit: 1, retryPolicy: 'Always' },
  },
]

type Options = Pick<WorkflowStep, 'when' | 'withItems' | 'onExit' | 'hooks' | 'continueOn'>

const continueOn = fc.record({ failed: fc.boolean(), error: fc.boolean() })
const maybe = <T>(value: fc.Arbitrary<T>, weight = 4) => fc.option(value, { nil: undefined, freq: weight })

const anyOptions: fc.Arbitrary<Options> = fc
  .record({
    when: maybe(fc.constantFrom('1 == 1', '1 == 2', '{{workflow.name}} == wf'), 5),
    withItems: maybe(fc.constantFrom<unknown[]>(['a', 'b'], [1, 2, 3], []), 4),
    onExit: maybe(fc.constant('plain'), 8),
    hooks: maybe(
      fc.constantFrom(
        { running: { template: 'plain', expression: 'true' } },
        { exit: { template: 'plain', expression: 'workflow.name == "wf"' } },
      ),
      8,
    ),
    continueOn: maybe(continueOn),
  })
  .map((options) => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options)

const limits = fc
  .record({ parallelism: maybe(fc.integer({ min: 1, max: 2 }), 3), failFast: maybe(fc.boolean(), 3) })
  .map(
    (fields) =>
      Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Pick<
        Template,
        'parallelism' | 'failFast'
      >,
  )

/** A template that calls the given ones. */
function anySteps(name: string, callable: readonly string[]): fc.Arbitrary<Template> {
  const step = fc.tuple(fc.constantFrom(...callable), anyOptions)
  return fc
    .tuple(fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }), limits)
    .map(([groups, more]) => {
      let count = 0
      const steps = groups.map((group) =>
        group.map(([template, options]): WorkflowStep => ({ name: `s${(count += 1)}`, template, ...options })),
      )
      return { name, steps, ...more }
    })
}

function anyDag(name: string, callable: readonly string[]): fc.Arbitrary<Template> {
  const task = fc.record({
    template: fc.constantFrom(...callable),
    options: anyOptions,
    before: fc.array(fc.nat({ max: 3 }), { maxLength: 2 }),
    result: fc.constantFrom('', '.Succeeded', '.Failed', '.Skipped', '.Omitted'),
  })
  return fc
    .tuple(fc.array(task, { minLength: 1, maxLength: 5 }), fc.boolean(), maybe(fc.boolean(), 3), limits)
    .map(([tasks, asDepends, failFast, more]) => {
      const dag = tasks.map(({ template, options, before, result }, index): DAGTask => {
        const names = [...new Set(before.map((back) => index - 1 - back).filter((at) => at >= 0))].map((at) => `t${at}`)
        const { continueOn: tolerance, ...others } = options
        if (!asDepends)
          return { name: `t${index}`, template, ...options, ...(names.length === 0 ? {} : { dependencies: names }) }
        void tolerance
        return {
          name: `t${index}`,
          template,
          ...others,
          ...(names.length === 0 ? {} : { depends: names.map((one) => `${one}${result}`).join(' || ') }),
        }
      })
      return { name, dag: { tasks: dag, ...(failFast === undefined ? {} : { failFast }) }, ...more }
    })
}

const leafNames = leaves.map(({ name = '' }) => name)

function anyComposite(name: string, callable: readonly string[]): fc.Arbitrary<Template> {
  return fc
    .tuple(fc.oneof(anySteps(name, callable), anyDag(name, callable)), fc.integer({ min: 0, max: 9 }))
    .map(([template, dice]) => {
      return dice === 9 ? { ...template, retryStrategy: { limit: 1, retryPolicy: 'Always' } } : template
    })
}

/** Entry → two templates below it → leaves. */
export const anySpec: fc.Arbitrary<WorkflowSpec> = fc
  .tuple(
    anyComposite('main', [...leafNames, 'left', 'right', 'left', 'right']),
    anyComposite('left', [...leafNames, 'right']),
    anyComposite('right', leafNames),
    maybe(fc.integer({ min: 1, max: 3 }), 3),
    maybe(fc.constantFrom('plain', 'right'), 3),
    maybe(fc.integer({ min: 5, max: 30 }), 8),
  )
  .map(([main, left, right, parallelism, onExit, activeDeadlineSeconds]) => ({
    entrypoint: 'main',
    templates: [main, left, right, ...leaves],
    ...(parallelism === undefined ? {} : { parallelism }),
    ...(onExit === undefined ? {} : { onExit }),
    ...(activeDeadlineSeconds === undefined ? {} : { activeDeadlineSeconds }),
  }))
