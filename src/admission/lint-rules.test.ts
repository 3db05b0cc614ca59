/** Every rule of lint on names, arguments, outputs and variables: its words, its place (¤ in the text) and what to do about it. */
import { dag, image, lintTells, main, one, steps, workflow } from './lint-rules.fixtures/rows.ts'

lintTells({
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
})
