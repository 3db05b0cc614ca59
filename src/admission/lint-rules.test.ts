/** Every rule of lint: its words, its place (¤ in the text) and what to do about it. */
import { describe, expect, it } from 'vitest'
import { lintFiles } from './lint-files.ts'

const manifest = (kind: string, spec: string) =>
  `kind: ${kind}\nmetadata: {name: w}\nspec:\n${spec.replace(/^/gm, '  ')}\n`
const workflow = (spec: string) => manifest('Workflow', spec)
const cron = (spec: string) =>
  manifest(
    'CronWorkflow',
    `${spec}\nworkflowSpec: {entrypoint: main, templates: [{name: main, container: {image: a}}]}`,
  )
const template = (spec: string) => manifest('WorkflowTemplate', spec)
const image = 'container: {image: a}'
/** A workflow whose template `main` is given; `say` takes `m` and puts out `o`. */
const main = (body: string) =>
  workflow(
    `entrypoint: main\narguments: {parameters: [{name: p, value: x}]}\ntemplates:\n- name: main\n${body.replace(/^/gm, '  ')}\n` +
      '- name: say\n  inputs: {parameters: [{name: m, default: x}]}\n  container: {image: a, args: ["{{inputs.parameters.m}}"]}\n' +
      '  outputs: {parameters: [{name: o, valueFrom: {path: /o}}]}',
  )
const one = (fields: string) => workflow(`entrypoint: main\n${fields}\ntemplates: [{name: main, ${image}}]`)
const steps = (...list: string[]) => main(`steps:\n${list.map((step) => `- - ${step}`).join('\n')}`)
const dag = (...tasks: string[]) => main(`dag:\n  tasks:\n${tasks.map((task) => `  - ${task}`).join('\n')}`)

type Row = readonly [rule: string, text: string, message: string, hint: string]

function placeOf(marked: string): string {
  const before = marked.slice(0, marked.indexOf('¤')).split('\n')
  return `${before.length}:${(before.at(-1) ?? '').length + 1}`
}

const rows: Readonly<Record<string, readonly Row[]>> = {
  'names and the entrypoint': [
    [
      'template names are unique',
      workflow(`entrypoint: a\ntemplates:\n- {name: a, ${image}}\n- {¤name: a, ${image}}`),
      "spec.templates[1].name 'a' is not unique",
      'another name',
    ],
    [
      'templates have names',
      workflow(`entrypoint: a\ntemplates:\n- {name: a, ${image}}\n- ¤{${image}}`),
      'spec.templates[1].name is required',
      'a `name`',
    ],
    [
      'template names are plain',
      workflow(`entrypoint: a_b\ntemplates: [{¤name: a_b, ${image}}]`),
      "'a_b' is invalid: name must consist of",
      'letters, digits and "-"',
    ],
    [
      'an entrypoint there is',
      workflow(`¤templates: [{name: main, ${image}}]`).replace('¤', '').replace('spec:', '¤spec:'),
      'spec.entrypoint is required',
      '`entrypoint: main`',
    ],
    [
      'the entrypoint exists',
      workflow(`¤entrypoint: mian\ntemplates: [{name: main, ${image}}]`),
      "template name 'mian' undefined",
      'did you mean "main"?',
    ],
    [
      'object names are short',
      `kind: Workflow\nmetadata: {¤name: ${'x'.repeat(64)}}\nspec: {entrypoint: a, templates: [{name: a, ${image}}]}\n`,
      'must not be more than 63 characters long (currently 64)',
      'shorten',
    ],
    ['step names are plain', steps('{¤name: a.b, template: say}'), "steps[0].name 'a.b' is invalid", 'letters, digits'],
    [
      'step names are unique',
      steps('{name: a, template: say}', '{¤name: a, template: say}'),
      "steps[1].name 'a' is not unique",
      'another name',
    ],
    [
      'parameter names are plain',
      main(`inputs: {parameters: [{¤name: a.b, value: x}]}\n${image}`),
      'Parameter/Artifact name must consist',
      'letters, digits, "_"',
    ],
    [
      'a template has one type',
      main(`${image}\nsuspend: {}`).replace('- name: main', '- ¤name: main'),
      'multiple template types specified',
      'keep one of container',
    ],
    [
      'a template has a type',
      main('inputs: {}').replace('- name: main', '- ¤name: main'),
      "template 'main' type is unknown",
      'the template does nothing',
    ],
  ],
  arguments: [
    [
      'an argument of a step has a value',
      steps('{name: a, template: say, arguments: {parameters: [¤{name: m}]}}'),
      '.m.value or templates.main.steps[0].a.arguments.m.valueFrom is required',
      'a `value` or a `valueFrom`',
    ],
    [
      'its valueFrom is of few kinds',
      steps('{name: a, template: say, arguments: {parameters: [{name: m, ¤valueFrom: {path: /x}}]}}'),
      'valueFrom only allows: default, configMapKeyRef and supplied',
      'configMapKeyRef',
    ],
    [
      'a value is in its enum',
      one('arguments: {parameters: [{name: p, ¤value: c, enum: [a, b]}]}'),
      'spec.arguments.p.value should be present in spec.arguments.p.enum list',
      'choose a value',
    ],
    [
      'an enum is not empty',
      one('arguments: {parameters: [{name: p, value: c, ¤enum: []}]}'),
      'enum should contain at least one value',
      'list the values',
    ],
    [
      'an artifact argument comes from somewhere',
      steps('{name: a, template: say, arguments: {artifacts: [¤{name: f}]}}'),
      '.from, artifact location, or key is required',
      'say where it comes from',
    ],
    [
      'inputs are supplied',
      main(`inputs: {parameters: [{name: q}]}\n${image}`).replace('entrypoint', '¤entrypoint'),
      'templates.main inputs.parameters.q was not supplied',
      'pass it as an argument',
    ],
    [
      'inputs of containers have paths',
      main(`inputs: {artifacts: [¤{name: f, raw: {data: x}}]}\n${image}`),
      "Artifact 'f' did not specify a path",
      'path: /tmp/file',
    ],
    [
      'inputs take nothing by `from`',
      main(`inputs: {artifacts: [{name: f, path: /f, ¤from: "{{x}}"}]}\n${image}`),
      '.from not valid in inputs',
      'move `from`',
    ],
  ],
  outputs: [
    [
      'an output has a value',
      main(`${image}\noutputs: {parameters: [¤{name: o}]}`),
      'o does not have valueFrom or value specified',
      'where the value comes from',
    ],
    [
      'one kind of it',
      main(`${image}\noutputs: {parameters: [{name: o, ¤valueFrom: {path: /o, parameter: x}}]}`),
      'multiple valueFrom types specified',
      'keep one',
    ],
    [
      'not both',
      main(`${image}\noutputs: {parameters: [¤{name: o, value: x, valueFrom: {path: /o}}]}`),
      'has both valueFrom and value specified',
      'remove one',
    ],
    [
      'a container gives a file',
      main(`${image}\noutputs: {parameters: [{name: o, ¤valueFrom: {parameter: x}}]}`),
      '.path must be specified for Container templates',
      'in which file',
    ],
    [
      'steps give what a child gave',
      main('steps: [[{name: a, template: say}]]\noutputs: {parameters: [{name: o, ¤valueFrom: {path: /o}}]}'),
      'parameter or expression must be specified for Steps templates',
      'from a child',
    ],
  ],
  variables: [
    [
      'of inputs',
      main('container: {image: a, args: ["x ¤{{inputs.parameters.q}}"]}'),
      'failed to resolve {{inputs.parameters.q}}',
      'declare it below the inputs',
    ],
    [
      'of the workflow',
      main('container: {image: a, args: ["¤{{workflow.parameters.nope}}"]}'),
      'failed to resolve {{workflow.parameters.nope}}',
      'spec.arguments.parameters',
    ],
    [
      'of global outputs',
      main('container: {image: a, args: ["¤{{workflow.outputs.parameters.x}}"]}'),
      'failed to resolve {{workflow.outputs.parameters.x}}',
      'globalName',
    ],
    [
      'of labels',
      main('container: {image: a, args: ["¤{{workflow.labels.x}}"]}'),
      'failed to resolve {{workflow.labels.x}}',
      'metadata or workflowMetadata',
    ],
    [
      'of failures',
      main('container: {image: a, args: ["¤{{workflow.failures}}"]}'),
      'failed to resolve {{workflow.failures}}',
      'exit handler',
    ],
    [
      'of steps',
      steps('{name: a, template: say, when: "¤{{steps.later.status}} == x"}', '{name: later, template: say}'),
      'failed to resolve {{steps.later.status}}',
      'only earlier steps',
    ],
    [
      'of tasks',
      dag('{name: a, template: say, when: "¤{{tasks.later.status}} == x"}', '{name: later, template: say}'),
      'failed to resolve {{tasks.later.status}}',
      'depends on',
    ],
    [
      'of items',
      steps('{name: a, template: say, arguments: {parameters: [{name: m, value: "¤{{item.x}}"}]}}'),
      'failed to resolve {{item.x}}',
      'withItems',
    ],
    [
      'are closed',
      main('container: {image: a, args: ["¤{{inputs.parameters.q"]}'),
      'failed to resolve {{inputs.parameters.q"]',
      'close the variable',
    ],
  ],
  steps: [
    ['call something', steps('¤{name: a}'), 'failed to get a template', 'a `template`, a `templateRef`'],
    ['call what exists', steps('{name: a, ¤template: sya}'), "template name 'sya' undefined", 'did you mean "say"?'],
    [
      'loop one way',
      steps('{name: a, template: say, ¤withItems: [1], withParam: "[]"}'),
      'only one of withItems, withParam, withSequence',
      'keep one',
    ],
    [
      'count one way',
      steps('{name: a, template: say, ¤withSequence: {count: 1, end: 2}}'),
      'only one of count or end',
      'remove `count` or `end`',
    ],
    [
      'hooks have conditions',
      steps('{name: a, template: say, hooks: {¤x: {template: say}}}'),
      'x Expression required',
      'when the hook runs',
    ],
    [
      'refer to objects that exist',
      steps('{name: a, templateRef: {¤name: t, template: u}}'),
      `couldn't find workflow template "t" in namespace ""`,
      'create the WorkflowTemplate first',
    ],
    [
      'refer to cluster templates that exist',
      steps('{name: a, templateRef: {¤name: t, template: u, clusterScope: true}}'),
      `couldn't find cluster workflow template "t"`,
      'ClusterWorkflowTemplate',
    ],
    [
      'refer by both names',
      steps('{name: a, ¤templateRef: {template: u}}'),
      'resource name is required',
      'templateRef.name',
    ],
    [
      'refer to a template',
      steps('{name: a, ¤templateRef: {name: t}}'),
      'template name is required',
      'templateRef.template',
    ],
    [
      'refer or call',
      steps('{name: a, template: say, ¤templateRef: {name: t, template: u}}'),
      'template name cannot be specified with templateRef',
      'remove `template` or',
    ],
  ],
  dags: [
    ['have tasks', main('¤dag: {tasks: []}'), 'must have at least one task', 'add a task'],
    [
      'have each name once',
      dag('{name: a, template: say}', '{¤name: a, template: say}'),
      'sorting failed: duplicated nodeName a',
      'another name',
    ],
    [
      'depend on tasks',
      dag('{name: a, template: say, ¤depends: b}'),
      'sorting failed: invalid dependency b',
      'a task of the same dag',
    ],
    [
      'have no circle',
      main('dag:\n  ¤tasks: [{name: a, template: say, depends: b}, {name: b, template: say, depends: a}]'),
      'graph with cycle',
      'circle',
    ],
    [
      'do not mix dependencies',
      dag(
        '{name: a, template: say}',
        '{name: b, template: say, ¤dependencies: [a]}',
        '{name: c, template: say, depends: b}',
      ),
      "cannot use both 'depends' and 'dependencies'",
      'depends:',
    ],
    [
      'do not mix continueOn',
      dag('{name: a, template: say, ¤continueOn: {failed: true}}', '{name: b, template: say, depends: a}'),
      "cannot use 'continueOn' when using 'depends'",
      'A.Failed',
    ],
    [
      'have names without digits first',
      dag('{¤name: 1a, template: say}', '{name: b, template: say, depends: 1a}'),
      'name cannot begin with a digit',
      'letter',
    ],
    [
      'know the results',
      dag('{name: a, template: say}', '{name: b, template: say, ¤depends: a.Succeded}'),
      'task result',
      'Succeeded',
    ],
    [
      'ask items of loops',
      dag('{name: a, template: say}', '{name: b, template: say, ¤depends: a.AnySucceeded}'),
      'does not contain any items',
      'withItems',
    ],
    [
      'have targets that exist',
      main('dag:\n  ¤target: z\n  tasks: [{name: a, template: say}]'),
      "target 'z' is not defined",
      'a task of this dag',
    ],
    [
      'depend on what they use',
      dag(
        '{name: a, template: say}',
        '{name: b, template: say, arguments: {parameters: [¤{name: m, value: "{{tasks.a.outputs.parameters.o}}"}]}}',
      ),
      "missing dependency 'a' for parameter 'm'",
      '`depends`',
    ],
  ],
  'leaf templates': [
    ['containers have images', main('¤container: {args: [x]}'), 'container.image may not be empty', 'templateDefaults'],
    ['scripts have images', main('¤script: {source: x}'), 'script.image may not be empty', 'templateDefaults'],
    [
      'have no parallelism',
      main(`${image}\n¤parallelism: 2`),
      'parallelism is only valid for steps and dag',
      'move `parallelism`',
    ],
    [
      'have deadlines from 0 on',
      main(`${image}\n¤activeDeadlineSeconds: -1`),
      'must be a positive integer',
      'seconds from 0',
    ],
    ['have timeouts with units', main(`${image}\n¤timeout: "30"`), 'invalid duration format in timeout', '30s'],
    [
      'only they have timeouts',
      main('steps: [[{name: a, template: say}]]\n¤timeout: 30s'),
      "Steps template doesn't support timeout field",
      'leaf',
    ],
    [
      'only they have deadlines',
      main('steps: [[{name: a, template: say}]]\n¤activeDeadlineSeconds: 3'),
      'only valid for leaf templates',
      'move',
    ],
    [
      'know the retry policies',
      main(`${image}\nretryStrategy: {¤retryPolicy: Never}`),
      'Never is not a valid RetryPolicy',
      'OnFailure',
    ],
    [
      'mount a path once',
      main('container: {image: a, volumeMounts: [{name: v, mountPath: /p}, {name: w, ¤mountPath: /p}]}'),
      "mountPath '/p' already mounted",
      'another path',
    ],
    [
      'mount no path of an artifact',
      main(
        'inputs: {artifacts: [{name: f, ¤path: /p, raw: {data: x}}]}\ncontainer: {image: a, volumeMounts: [{name: v, mountPath: /p}]}',
      ),
      "path '/p' already mounted in container.volumeMounts.v",
      'another path',
    ],
    [
      'name their init containers',
      main(`${image}\ninitContainers: [¤{image: a}]`),
      'initContainers must all have container name',
      '`name`',
    ],
    [
      'reserve names',
      main(`${image}\nsidecars: [{¤name: wait, image: a}]`),
      '"wait" is a reserved Argo container name',
      'another name',
    ],
    [
      'sets have containers',
      main('containerSet: {¤containers: []}'),
      'containers must have at least one container',
      'add a container',
    ],
    [
      'sets depend on their own',
      main('containerSet: {containers: [{name: main, image: a, ¤dependencies: [b]}]}'),
      "dependency 'b' not defined",
      'the same set',
    ],
    [
      'sets with outputs have a main',
      main(
        'containerSet: {¤containers: [{name: a, image: a}]}\noutputs: {parameters: [{name: o, valueFrom: {path: /o}}]}',
      ),
      'must have a container named "main"',
      'call the container',
    ],
    [
      'resources know the actions',
      main('resource: {¤action: make, manifest: "a: b"}'),
      'resource.action must be one of',
      'or a variable',
    ],
    ['resources have a manifest', main('¤resource: {action: create}'), 'must be specified', 'manifest'],
    [
      'resources have YAML',
      main('resource: {action: create, ¤manifest: "a: [b"}'),
      'resource.manifest must be a valid yaml',
      'YAML',
    ],
    ['pods have few resources', main(`${image}\npodResources: {limits: {¤disk: 1}}`), 'podResources', 'hugepages'],
    [
      'no pod, no claims',
      main('suspend: {}\n¤resourceClaims: [{name: x}]'),
      'resourceClaims is not supported',
      'remove',
    ],
    [
      'metrics have help',
      main(`${image}\nmetrics: {prometheus: [¤{name: m, counter: {value: "1"}}]}`),
      'must contain a help string',
      'add `help`',
    ],
    [
      'metrics have names',
      main(`${image}\nmetrics: {prometheus: [{¤name: m-x, help: h, counter: {value: "1"}}]}`),
      "metric name 'm-x'",
      'letters, digits',
    ],
    [
      'gauges have values',
      main(`${image}\nmetrics: {prometheus: [¤{name: m, help: h, gauge: {value: ""}}]}`),
      "metric 'm' error",
      '`value`',
    ],
  ],
  'specs and cron workflows': [
    [
      'hooks have conditions',
      one(`hooks: {¤x: {template: main}}`),
      'hooks.x Expression required',
      'when the hook runs',
    ],
    ['podGC knows its strategies', one('podGC: {¤strategy: Never}'), "unknown strategy 'Never'", 'OnPodCompletion'],
    [
      'a reference allows no templates',
      workflow(`workflowTemplateRef: {name: t}\n¤templates: [{name: main, ${image}}]`),
      'Templates is invalid field',
      'remove',
    ],
    [
      'a referenced object exists',
      workflow('workflowTemplateRef: {¤name: t}'),
      `couldn't find workflow template "t"`,
      'create the WorkflowTemplate',
    ],
    [
      'a template needs no entrypoint but right ones',
      template(`¤entrypoint: x\ntemplates: [{name: main, ${image}}]`),
      "template name 'x' undefined",
      'define that template',
    ],
    [
      'there is a schedule',
      cron('schedules: []').replace('spec:', '¤spec:'),
      'must have at least one schedule',
      'schedules:',
    ],
    ['schedules have five fields', cron('schedules: [¤"* * * *"]'), 'expected exactly 5 fields', 'minute, hour'],
    [
      'zones are known',
      cron('schedules: ["* * * * *"]\n¤timezone: Mars/Olympus'),
      'unknown time zone Mars/Olympus',
      'Europe/Berlin',
    ],
    [
      'policies are known',
      cron('schedules: ["* * * * *"]\n¤concurrencyPolicy: Maybe'),
      "'Maybe' is not a valid concurrencyPolicy",
      'Replace',
    ],
    [
      'deadlines are not negative',
      cron('schedules: ["* * * * *"]\n¤startingDeadlineSeconds: -1'),
      'startingDeadlineSeconds must be positive',
      'from 0',
    ],
  ],
  decoding: [
    [
      'fields are known',
      one('¤entrypont: x'),
      'strict decoding error: unknown field "spec.entrypont"',
      'did you mean "entrypoint"?',
    ],
    [
      'fields of steps are known',
      steps('{name: a, template: say, ¤depends: b}'),
      'json: unknown field "depends"',
      'remove it',
    ],
    ['values have their types', one('parallelism: ¤many'), 'json: cannot unmarshal string', 'which type'],
    ['texts are texts', one('onExit: ¤3'), 'json: cannot unmarshal number', 'quotes'],
    ['keys stand once', one('priority: 1\n¤priority: 2'), 'key "priority" already set in map', 'remove one of them'],
  ],
}

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
