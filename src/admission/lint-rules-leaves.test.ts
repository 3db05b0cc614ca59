/** Every rule of lint on leaf templates, specs and cron workflows, and of decoding: its words, its place (¤ in the text) and what to do about it. */
import { cron, image, lintTells, main, one, steps, template, workflow } from './lint-rules.fixtures/rows.ts'

lintTells({
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
})
