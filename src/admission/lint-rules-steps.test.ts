/** Every rule of lint on steps and DAGs: its words, its place (¤ in the text) and what to do about it. */
import { dag, lintTells, main, steps } from './lint-rules.fixtures/rows.ts'

lintTells({
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
})
