import { describe, expect, it } from 'vitest'
import { parseManifests } from './parse.ts'
import {
  type ValidateOptions,
  validateCronWorkflow,
  validateEventBinding,
  validateWorkflow,
  validateWorkflowTemplate,
} from './validate.ts'

/** The first fault of a manifest as `path: message`, or `fine`. */
function check(text: string, options: ValidateOptions = {}): string {
  const { documents, problems } = parseManifests(text)
  const [document] = documents
  if (problems[0] || !document?.manifest) return `unread: ${problems[0]?.message ?? 'nothing'}`
  const given = { ...options, locate: document.locate }
  const found = ((): readonly { message: string; path?: string }[] => {
    switch (document.manifest.kind) {
      case 'Workflow':
        return validateWorkflow(document.manifest.resource, given)
      case 'WorkflowTemplate':
        return validateWorkflowTemplate(document.manifest.resource, given)
      case 'CronWorkflow':
        return validateCronWorkflow(document.manifest.resource, given)
      case 'WorkflowEventBinding':
        return validateEventBinding(document.manifest.resource, given)
      default:
        return [{ message: `no check of ${document.manifest.kind}` }]
    }
  })()
  return found[0] ? `${found[0].path ?? ''}: ${found[0].message}` : 'fine'
}

const manifest = (kind: string, spec: string) =>
  `kind: ${kind}\nmetadata: {name: w}\nspec:\n${spec.replace(/^/gm, '  ')}\n`
const workflow = (spec: string) => manifest('Workflow', spec)
/** A workflow of one template. */
const main = (template: string) =>
  workflow(`entrypoint: main\ntemplates:\n- name: main\n${template.replace(/^/gm, '  ')}`)
/** A workflow whose main template calls `say`, which takes `m` and gives `o`. */
const calling = (template: string) =>
  `${main(template)}  - name: say\n    inputs: {parameters: [{name: m, default: x}]}\n    container: {image: a, args: ["{{inputs.parameters.m}}"]}\n    outputs: {parameters: [{name: o, valueFrom: {path: /o}}]}\n`
const container = 'container: {image: a}'

describe('a workflow that is right', () => {
  it.each([
    ['with one container', main(container)],
    [
      'with variables whose root nobody knows',
      main('container: {image: a, args: ["{{custom.x}} {{item}} {{node.name}}"]}'),
    ],
    [
      'with times of the workflow',
      main('container: {image: a, args: ["{{workflow.creationTimestamp.Y}} {{workflow.name}}"]}'),
    ],
    ['with an expression that only the run can tell', main('container: {image: a, args: ["{{=nope.nope}}"]}')],
    [
      'with steps that use earlier ones',
      calling('steps:\n- - {name: a, template: say}\n- - {name: b, template: say, when: "{{steps.a.status}} == x"}'),
    ],
    [
      'with steps of one group that use those before them',
      calling(
        'steps:\n- - {name: a, template: say}\n  - {name: b, template: say, arguments: {parameters: [{name: m, value: "{{steps.a.outputs.parameters.o}}"}]}}',
      ),
    ],
    ['with steps that are empty', main('steps: []')],
    [
      'with items by key',
      calling(
        'steps:\n- - {name: a, template: say, withItems: [{k: 1}], arguments: {parameters: [{name: m, value: "{{item.k}}"}]}}',
      ),
    ],
    [
      'with lists of outputs of a loop',
      calling(
        'dag:\n  tasks:\n  - {name: a, template: say, withItems: [1]}\n  - {name: b, template: say, depends: a.AnySucceeded, arguments: {parameters: [{name: m, value: "{{tasks.a.outputs.parameters}}"}]}}',
      ),
    ],
    ['that calls itself', calling('steps:\n- - {name: a, template: main, when: "1 == 2"}')],
    [
      'with a template in place',
      main(
        'steps:\n- - name: a\n    inline: {inputs: {parameters: [{name: q}]}, container: {image: a, args: ["{{inputs.parameters.q}}"]}}\n    arguments: {parameters: [{name: q, value: 1}]}',
      ),
    ],
  ])('%s passes', (_, text) => {
    expect(check(text)).toBe('fine')
  })
})

describe('a fault of the spec', () => {
  it.each([
    [workflow(`templates: [{name: a, ${container}}]`), 'spec: spec.entrypoint is required'],
    [workflow(`entrypoint: b\ntemplates: [{name: a, ${container}}]`), "spec.entrypoint: template name 'b' undefined"],
    [
      workflow(`entrypoint: a\ntemplates: [{name: a, ${container}}, {name: a, ${container}}]`),
      "spec.templates[1].name: spec.templates[1].name 'a' is not unique",
    ],
    [
      workflow(`entrypoint: a\ntemplates: [{name: a, ${container}}, {${container}}]`),
      'spec.templates[1]: spec.templates[1].name is required',
    ],
    [
      workflow(`entrypoint: a_b\ntemplates: [{name: a_b, ${container}}]`),
      "spec.templates[0].name: spec.templates[0].name: 'a_b' is invalid: name must consist of alpha-numeric characters or '-', and must start with an alpha-numeric character (e.g. My-name1-2, 123-NAME)",
    ],
    [workflow(`entrypoint: a\ntemplates: [{name: a}]`), "spec.templates[0]: template 'a' type is unknown"],
    [
      main(`${container}\nscript: {image: a, source: b}`),
      'spec.templates[0]: templates.main multiple template types specified. choose one of: container, containerSet, steps, script, resource, dag, suspend, template, template ref',
    ],
    [
      `${main(container)}  arguments: {parameters: [{name: p}]}\n`,
      'spec.arguments.parameters[0]: spec.arguments.p.value or spec.arguments.p.valueFrom is required',
    ],
    [
      `${main(container)}  arguments: {parameters: [{name: p, value: a, enum: [b]}]}\n`,
      'spec.arguments.parameters[0].value: spec.arguments.p.value should be present in spec.arguments.p.enum list',
    ],
    [
      `${main(container)}  arguments: {artifacts: [{name: p}]}\n`,
      'spec.arguments.artifacts[0]: spec.arguments.p.from, artifact location, or key is required',
    ],
    [
      `${main(container)}  hooks: {running: {template: main}}\n`,
      'spec.hooks.running: hooks.running Expression required',
    ],
    [
      `${main(container)}  podGC: {strategy: Sometimes}\n`,
      "spec.podGC.strategy: podGC.strategy unknown strategy 'Sometimes'",
    ],
    [
      `${main(container)}  podResources: {limits: {gpu: 1}}\n`,
      'spec.podResources.limits.gpu: spec.podResources: "gpu" is not a valid pod-level resource, only cpu, memory and hugepages-* are supported',
    ],
    [
      main(container).replace('name: w}', `name: ${'n'.repeat(64)}}`),
      `metadata.name: workflow name "${'n'.repeat(64)}" must not be more than 63 characters long (currently 64)`,
    ],
    [`${main(container)}  onExit: bye\n`, "spec.onExit: template name 'bye' undefined"],
  ])('is named with its place', (text, fault) => {
    expect(check(text)).toBe(fault)
  })

  it('is no missing value on lint, as that comes on submission', () => {
    const text = `${main(container)}  arguments: {parameters: [{name: p}]}\n`
    expect(check(text, { mode: 'lint' })).toBe('fine')
    expect(check(text, { mode: 'submit' })).not.toBe('fine')
  })
})

describe('a fault of a leaf template', () => {
  const t = 'spec.templates[0]'
  it.each([
    ['container: {args: [a]}', `${t}.container: templates.main.container.image may not be empty`],
    [
      'container: {image: a, args: ["{{inputs.parameters.x}}"]}',
      `${t}.container.args[0]: templates.main: failed to resolve {{inputs.parameters.x}}`,
    ],
    [
      'container: {image: a, args: ["{{steps.x.id"]}',
      `${t}.container.args[0]: templates.main: failed to resolve {{steps.x.id"],"resources":{}}`,
    ],
    [
      'inputs: {artifacts: [{name: a}]}\ncontainer: {image: a}',
      `${t}.inputs.artifacts[0]: error in templates.main.inputs.artifacts.a: Artifact 'a' did not specify a path`,
    ],
    [
      'inputs: {parameters: [{name: a}]}\ncontainer: {image: a}',
      'spec.entrypoint: templates.main inputs.parameters.a was not supplied',
    ],
    [
      'inputs: {parameters: [{name: a b, value: 1}]}\ncontainer: {image: a}',
      `${t}.inputs.parameters[0].name: templates.main.inputs.parameters[0].name: 'a b' is invalid: Parameter/Artifact name must consist of alpha-numeric characters, '_' or '-' e.g. my_param_1, MY-PARAM-1`,
    ],
    [
      'outputs: {parameters: [{name: a}]}\ncontainer: {image: a}',
      `${t}.outputs.parameters[0]: templates.main.outputs.parameters.a does not have valueFrom or value specified`,
    ],
    [
      'outputs: {parameters: [{name: a, valueFrom: {expression: b}}]}\ncontainer: {image: a}',
      `${t}.outputs.parameters[0].valueFrom: templates.main.outputs.parameters.a.path must be specified for Container templates`,
    ],
    [
      'outputs: {artifacts: [{name: a, path: /x/../y}]}\ncontainer: {image: a}',
      `${t}.outputs.artifacts[0].path: error in templates.main.outputs.artifacts.a: Artifact 'a' attempted to use a path containing '..'. Directory traversal is not permitted`,
    ],
    [
      'parallelism: 2\ncontainer: {image: a}',
      `${t}.parallelism: templates.main.parallelism is only valid for steps and dag templates`,
    ],
    [
      'activeDeadlineSeconds: -1\ncontainer: {image: a}',
      `${t}.activeDeadlineSeconds: templates.main.activeDeadlineSeconds must be a positive integer > 0 or an argo variable`,
    ],
    ['timeout: "5"\ncontainer: {image: a}', `${t}.timeout: main has invalid duration format in timeout`],
    [
      'retryStrategy: {retryPolicy: always}\ncontainer: {image: a}',
      `${t}.retryStrategy.retryPolicy: always is not a valid RetryPolicy`,
    ],
    [
      'sidecars: [{name: wait, image: a}]\ncontainer: {image: a}',
      `${t}.sidecars[0].name: templates.main.sidecars: "wait" is a reserved Argo container name`,
    ],
    [
      'initContainers: [{image: a}]\ncontainer: {image: a}',
      `${t}.initContainers[0]: initContainers must all have container name`,
    ],
    [
      'container: {image: a, volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /a}]}',
      `${t}.container.volumeMounts[1].mountPath: templates.main.container.volumeMounts[1].mountPath '/a' already mounted in container.volumeMounts.a`,
    ],
    [
      'metrics: {prometheus: [{name: a-b, help: h, counter: {value: 1}}]}\ncontainer: {image: a}',
      `${t}.metrics.prometheus[0].name: templates.main metric name 'a-b' is invalid. Metric names must contain alphanumeric characters or '_'`,
    ],
    [
      'resource: {action: make}',
      `${t}.resource.action: templates.main.resource.action must be one of: get, create, apply, delete, replace, patch`,
    ],
    [
      'resource: {action: create, manifest: "a: [b"}',
      `${t}.resource.manifest: templates.main.resource.manifest must be a valid yaml`,
    ],
    [
      'containerSet: {containers: []}',
      `${t}.containerSet.containers: templates.main.containerSet.containers must have at least one container`,
    ],
    [
      'containerSet: {containers: [{name: a, image: b, dependencies: [b]}, {name: b, image: b, dependencies: [a]}]}',
      `${t}.containerSet.containers: templates.main.containerSet.containers dependency cycle detected: b->a->b`,
    ],
    [
      'outputs: {artifacts: [{name: a, path: /a}]}\ncontainerSet: {containers: [{name: a, image: b}]}',
      `${t}.containerSet.containers: templates.main.containerSet.containers must have a container named "main" for input or output`,
    ],
  ])('%s is named with its place', (template, fault) => {
    expect(check(main(template))).toBe(fault)
  })
})

describe('a fault of steps', () => {
  const t = 'spec.templates[0].steps'
  it.each([
    ['steps: [[{template: say}]]', `${t}[0][0]: templates.main.steps[0].name is required`],
    [
      'steps: [[{name: a, template: say}], [{name: a, template: say}]]',
      `${t}[1][0].name: templates.main.steps[1].name 'a' is not unique`,
    ],
    [
      'steps: [[{name: a, template: sya}]]',
      `${t}[0][0].template: templates.main.steps[0].a template name 'sya' undefined`,
    ],
    ['steps: [[{name: a}]]', `${t}[0][0]: templates.main.steps[0].a failed to get a template`],
    [
      'steps: [[{name: a, template: say, when: "{{steps.b.status}}"}], [{name: b, template: say}]]',
      `${t}[0][0].when: templates.main.steps failed to resolve {{steps.b.status}}`,
    ],
    [
      'steps: [[{name: a, template: say, arguments: {parameters: [{name: m}]}}]]',
      `${t}[0][0].arguments.parameters[0]: templates.main.steps[0].a.arguments.m.value or templates.main.steps[0].a.arguments.m.valueFrom is required`,
    ],
    [
      'steps: [[{name: a, template: say, withItems: [1], withParam: "[1]"}]]',
      `${t}[0][0].withItems: templates.main.steps[0].a only one of withItems, withParam, withSequence can be specified`,
    ],
    [
      'steps: [[{name: a, template: say, withSequence: {count: 1, end: 2}}]]',
      `${t}[0][0].withSequence: templates.main.steps[0].a only one of count or end can be defined in withSequence`,
    ],
    [
      'steps: [[{name: a, template: say, hooks: {x: {template: say}}}]]',
      `${t}[0][0].hooks.x: templates.main.steps[0].a.x Expression required`,
    ],
    [
      'steps: [[{name: a, template: say, templateRef: {name: b, template: c}}]]',
      `${t}[0][0].templateRef: templates.main.steps[0].a template name cannot be specified with templateRef`,
    ],
    [
      'steps: [[{name: a, templateRef: {name: b, template: c}}]]',
      `${t}[0][0].templateRef.name: templates.main.steps[0].a couldn't find workflow template "b" in namespace ""`,
    ],
    [
      'activeDeadlineSeconds: 5\nsteps: [[{name: a, template: say}]]',
      'spec.templates[0].activeDeadlineSeconds: templates.main.activeDeadlineSeconds is only valid for leaf templates',
    ],
    [
      'timeout: 5s\nsteps: [[{name: a, template: say}]]',
      "spec.templates[0].timeout: Steps template doesn't support timeout field",
    ],
  ])('%s is named with its place', (template, fault) => {
    expect(check(calling(template))).toBe(fault)
  })
})

describe('a fault of a dag', () => {
  const t = 'spec.templates[0].dag'
  const tasks = (...lines: string[]) =>
    `dag:\n  tasks:\n${lines.map((line) => `  - {template: say, ${line}}`).join('\n')}`
  it.each([
    ['dag: {tasks: []}', `${t}: templates.main must have at least one task`],
    [tasks('name: a', 'name: a'), `${t}.tasks[1].name: templates.main sorting failed: duplicated nodeName a`],
    [
      tasks('name: a, dependencies: [b]'),
      `${t}.tasks[0].dependencies: templates.main sorting failed: invalid dependency b`,
    ],
    [
      tasks('name: a, dependencies: [b]', 'name: b, dependencies: [a]'),
      `${t}.tasks: templates.main sorting failed: graph with cycle`,
    ],
    [
      tasks('name: a', 'name: b, depends: a', 'name: c, dependencies: [a]'),
      `${t}.tasks[2].dependencies: templates.main cannot use both 'depends' and 'dependencies' in the same DAG template`,
    ],
    [
      tasks('name: a', 'name: b, depends: a.Worked'),
      `${t}.tasks[1].depends: templates.main.tasks.b task result 'Worked' for task 'a' is invalid`,
    ],
    [
      tasks('name: a', 'name: b, depends: a.AllFailed'),
      `${t}.tasks[1].depends: templates.main.tasks.a dependency 'a' uses an items-based condition such as .AnySucceeded or .AllFailed but does not contain any items`,
    ],
    [
      tasks('name: 1a, dependencies: [b]', 'name: b'),
      `${t}.tasks[0].name: templates.main.tasks.1a name cannot begin with a digit when using either 'depends' or 'dependencies'`,
    ],
    [
      tasks('name: a', 'name: b, when: "{{tasks.a.status}}"'),
      `${t}.tasks[1].when: templates.main.tasks.b failed to resolve {{tasks.a.status}}`,
    ],
    [
      tasks('name: a', 'name: b, arguments: {parameters: [{name: m, value: "{{tasks.a.outputs.parameters.o}}"}]}'),
      `${t}.tasks[1].arguments.parameters[0]: templates.main.tasks.b missing dependency 'a' for parameter 'm'`,
    ],
    [`${tasks('name: a')}\n  target: b`, `${t}.target: templates.main.targets: target 'b' is not defined`],
  ])('%s is named with its place', (template, fault) => {
    expect(check(calling(template))).toBe(fault)
  })

  it('is none where a task sees the status of one far above it', () => {
    expect(
      check(
        calling(
          tasks('name: c, dependencies: [b], when: "{{tasks.a.status}}"', 'name: b, dependencies: [a]', 'name: a'),
        ),
      ),
    ).toBe('fine')
  })
})

describe('references to other objects', () => {
  const library = parseManifests(
    `kind: WorkflowTemplate\nmetadata: {name: lib}\nspec:\n  entrypoint: say\n  arguments: {parameters: [{name: who, value: you}]}\n  templates:\n  - name: say\n    inputs: {parameters: [{name: m}]}\n    container: {image: a, args: ["{{inputs.parameters.m}} {{workflow.parameters.who}}"]}\n`,
  ).documents[0]?.manifest
  const lookup = {
    workflowTemplate: (name: string) =>
      name === 'lib' && library?.kind === 'WorkflowTemplate' ? library.resource : undefined,
    clusterWorkflowTemplate: () => undefined,
  }
  const step = (ref: string, given = '') => main(`steps:\n- - {name: a, templateRef: ${ref}${given}}`)

  it.each([
    [
      step('{name: lib, template: say}'),
      'spec.templates[0].steps[0][0]: templates.main.steps[0].a templates.say: failed to resolve {{workflow.parameters.who}}',
    ],
    [
      step('{name: lib, template: sya}'),
      'spec.templates[0].steps[0][0].templateRef.template: templates.main.steps[0].a template reference lib.sya not found',
    ],
    [
      step('{name: lib, template: "{{inputs.parameters.x}}"}'),
      'spec.templates[0].steps[0][0].templateRef.template: templates.main.steps failed to resolve {{inputs.parameters.x}}',
    ],
    [
      workflow('workflowTemplateRef: {name: lib}'),
      'spec.workflowTemplateRef: templates.say inputs.parameters.m was not supplied',
    ],
    [workflow('workflowTemplateRef: {name: lib}\narguments: {parameters: [{name: m, value: 1}]}'), 'fine'],
    [
      workflow(`workflowTemplateRef: {name: lib}\ntemplates: [{name: a, ${container}}]`),
      'spec.templates: Templates is invalid field in spec if workflow referred WorkflowTemplate reference',
    ],
    [
      workflow('workflowTemplateRef: {name: lob}'),
      `spec.workflowTemplateRef.name: couldn't find workflow template "lob" in namespace ""`,
    ],
  ])('are followed', (text, fault) => {
    expect(check(text, { lookup })).toBe(fault)
  })

  it('of a template checked alone may use any parameter of the workflow', () => {
    expect(
      check(
        manifest(
          'WorkflowTemplate',
          'templates: [{name: a, container: {image: a, args: ["{{workflow.parameters.x}}"]}}]',
        ),
      ),
    ).toBe('fine')
  })

  it('may be to objects that come later, where a template is stored', () => {
    const text = manifest(
      'WorkflowTemplate',
      'templates:\n- {name: main, steps: [[{name: a, templateRef: {name: later, template: x}}]]}\n- {name: b, container: {image: a}}',
    )
    expect(check(text)).toContain(`couldn't find workflow template "later"`)
    expect(check(text, { missingObjects: 'open' })).toBe('fine')
    expect(check(text.replace('image: a', 'args: [a]'), { missingObjects: 'open' })).toContain('image may not be empty')
    expect(check(step('{name: later, template: x}'), { missingObjects: 'open' })).toContain(`couldn't find`)
  })

  it('come with a suggestion for a misspelt name', () => {
    const [document] = parseManifests(calling('steps: [[{name: a, template: sya}]]')).documents
    const resource = document?.manifest?.kind === 'Workflow' ? document.manifest.resource : undefined
    expect(resource && validateWorkflow(resource)).toMatchObject([{ hint: 'did you mean "say"?' }])
  })
})

describe('a CronWorkflow', () => {
  const cron = (spec: string) =>
    manifest('CronWorkflow', `${spec}\nworkflowSpec: {entrypoint: a, templates: [{name: a, ${container}}]}`)
  it.each([
    [cron('schedules: ["*/5 * * * *", "@daily"]\ntimezone: Europe/Berlin'), 'fine'],
    [cron('schedules: []'), 'spec: cron workflow must have at least one schedule'],
    [
      cron('schedules: ["* * * *"]'),
      'spec.schedules[0]: cron schedule * * * * is malformed: expected exactly 5 fields, found 4: [* * * *]',
    ],
    [
      cron('schedules: ["* * * * *"]\ntimezone: Nowhere'),
      'spec.timezone: invalid timezone "Nowhere": unknown time zone Nowhere',
    ],
    [
      cron('schedules: ["* * * * *"]\nconcurrencyPolicy: allow'),
      "spec.concurrencyPolicy: 'allow' is not a valid concurrencyPolicy",
    ],
    [
      cron('schedules: ["* * * * *"]').replace('entrypoint: a', 'entrypoint: b'),
      "spec.workflowSpec.entrypoint: cannot validate Workflow: template name 'b' undefined",
    ],
    [
      cron('schedules: ["* * * * *"]').replace('name: w}', `name: ${'c'.repeat(53)}}`),
      `metadata.name: cron workflow name "${'c'.repeat(53)}" must not be more than 52 characters long (currently 53)`,
    ],
  ])('is checked with its workflow', (text, fault) => {
    expect(check(text)).toBe(fault)
  })
})

describe('an event binding', () => {
  it.each([
    [manifest('WorkflowEventBinding', 'event: {selector: "true"}'), 'fine'],
    [manifest('WorkflowEventBinding', 'event: {}'), 'spec.event: spec.event.selector is required'],
  ])('needs a selector', (text, fault) => {
    expect(check(text)).toBe(fault)
  })
})
