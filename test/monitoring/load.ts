/** A mixed load: schedules, templates, steps, artifacts, locks, metrics of specs, something that waits and something that runs on. */
const container = (name: string, script: string, more = '') => `
    - name: ${name}
      container: {image: busybox, command: [sh, -c, '${script}']${more}}`

/** Two steps with a file between them, under a lock, with metrics of its own, a few of them hostile. */
export const mixed = `
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: mixed}
spec:
  entrypoint: main
  synchronization: {mutexes: [{name: berth}]}
  metrics:
    prometheus:
      - {name: cargo_seconds, help: how long, histogram: {buckets: [1, 5], value: '{{workflow.duration}}'}}
      - {name: cargo_total, help: how many, labels: [{key: who, value: "a\\"b\\\\c\\nd\\u0000e"}], counter: {value: '1'}}
      - {name: gauge, help: clashes with ours, gauge: {value: '1'}}
      - {name: bad_label, help: has a label that is taken, labels: [{key: __name__, value: up}], counter: {value: '1'}}
  templates:
    - name: main
      steps:
        - - {name: load, template: load}
        - - name: unload
            template: unload
            arguments: {artifacts: [{name: cargo, from: '{{steps.load.outputs.artifacts.cargo}}'}]}${container('load', 'head -c 20000 /dev/urandom > /tmp/cargo')}
      outputs: {artifacts: [{name: cargo, path: /tmp/cargo}]}${container('unload', 'wc -c /tmp/cargo')}
      inputs: {artifacts: [{name: cargo, path: /tmp/cargo}]}
`

export const schedule = `
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: ferry}
spec:
  schedules: ['@every 4s']
  successfulJobsHistoryLimit: 2
  workflowSpec: {workflowTemplateRef: {name: mixed}}
`

export const lasting = `
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: lasting}
spec:
  entrypoint: main
  templates:
    - name: main
      steps: [[{name: first, template: quick}], [{name: on, template: long}, {name: ask, template: wait}]]
    - {name: wait, suspend: {}}${container('quick', 'true')}${container('long', 'sleep 600')}
`

export const failing = (name: string) => `
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: ${name}}
spec:
  entrypoint: main
  templates:${container('main', 'exit 3')}
`

export const refused =
  'apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: refused}\nspec: {entrypont: main}\n'

/** What the schedule below refers to, gone by the time it is due. */
export const vanishing = `
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: nowhere}
spec:
  entrypoint: main
  templates:${container('main', 'true')}
`

export const missing = `
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: lost}
spec:
  schedules: ['@every 5s']
  workflowSpec: {workflowTemplateRef: {name: nowhere}}
`
