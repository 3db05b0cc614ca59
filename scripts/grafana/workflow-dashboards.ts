/** What users look at: how the workflows fare, all of them and one. */
import {
  line,
  maxBy,
  minBy,
  orZero,
  perMinute,
  perSecond,
  quantiles,
  stacked,
  stat,
  sumBy,
  timeseries,
} from './panel.ts'
import type { DashboardSpec } from './panel.ts'

const finished = 'argo_workflows_total_count{phase=~"Succeeded|Failed|Error"}'
const failed = 'argo_workflows_total_count{phase=~"Failed|Error"}'

export const overview: DashboardSpec = {
  uid: 'drydock-overview',
  title: 'Drydock: overview',
  about: 'Is it up, does it work, how do the workflows end.',
  sections: [
    {
      title: 'Now',
      panels: [
        stat(
          'Ready',
          'The daemon, its engine and its store work; `/readyz` says why not.',
          'bool_yes_no',
          'min(drydock_ready)',
          { below: 1 },
        ),
        stat(
          'Firing alerts',
          'What Prometheus’ rules say is wrong.',
          'short',
          orZero('count(ALERTS{alertstate="firing", alertname=~"Drydock.*"})'),
          { from: 1 },
        ),
        stat('Running', 'Workflows under way.', 'short', 'sum(argo_workflows_gauge{phase="Running"})'),
        stat('Pending', 'Workflows that have not begun.', 'short', 'sum(argo_workflows_gauge{phase="Pending"})'),
        stat(
          'Failed, last hour',
          'Workflows that ended as Failed or Error.',
          'short',
          orZero(`sum(increase(${failed}[1h]))`),
          { from: 1 },
        ),
        stat(
          'Stuck for 10 minutes',
          'Nothing changed in them, though no container runs and nothing is suspended.',
          'short',
          'sum(drydock_workflows_stuck{for="10m"})',
          { from: 1 },
        ),
      ],
    },
    {
      title: 'Workflows',
      panels: [
        stacked('By phase', 'All workflows in the store.', 'short', [sumBy('phase', 'argo_workflows_gauge')]),
        stacked('Ended per minute', 'By how they ended.', 'cpm', [perMinute(finished, 'phase')]),
        timeseries('Share that fails', 'Of those that ended in the last five minutes.', 'percentunit', [
          line('failed', orZero('drydock:workflows_failed:ratio5m')),
        ]),
        stacked('Pods', 'Pods that run and that wait to.', 'short', [sumBy('phase', 'argo_workflows_pods_gauge')]),
        timeseries(
          'From one step to the next',
          'The daemon’s own time between the end of a container and the call that starts its successor.',
          's',
          quantiles('drydock_step_follow_seconds'),
        ),
        timeseries('Waiting', 'Workflows held back by parallelism, pods that wait for room.', 'short', [
          line('workflows', 'sum(drydock_workflows_held)'),
          line('pods', 'sum(drydock_pods_waiting)'),
        ]),
      ],
    },
    {
      title: 'Sources and schedules',
      panels: [
        stacked(
          'Manifest files',
          'Files of the watched folders: a refused one has a `.status` file that says why.',
          'short',
          [sumBy('state', 'drydock_source_files')],
        ),
        timeseries('Manifests refused', 'By admission, whichever way they came.', 'cpm', [
          line('per minute', orZero('60 * sum(rate(drydock_manifests_refused_total[$__rate_interval]))')),
        ]),
        timeseries('Cron firings', 'Firings per minute, and those that did not take place.', 'cpm', [
          line('fired', orZero('60 * sum(rate(argo_workflows_cronworkflows_triggered_total[$__rate_interval]))')),
          line('missed', orZero('60 * sum(rate(drydock_cron_missed_total[$__rate_interval]))')),
        ]),
        timeseries(
          'Disk space',
          'Free where the data and the images lie, and the floor below which the daemon is not ready.',
          'bytes',
          [minBy('place', 'drydock_disk_free_bytes'), line('floor', 'max(drydock_disk_floor_bytes)')],
        ),
        stacked('Artifacts', 'Bytes read and written.', 'Bps', [
          perSecond('drydock_artifact_bytes_total', 'direction'),
        ]),
        stacked('Log lines', 'Of the daemon, by level.', 'cpm', [perMinute('argo_workflows_log_messages', 'level')]),
      ],
    },
  ],
}

const one = 'workflow=~"$workflow"'
const ofTemplate = 'name=~"$template"'

export const workflow: DashboardSpec = {
  uid: 'drydock-workflow',
  title: 'Drydock: one workflow',
  about: 'An unfinished workflow by name (the oldest have metrics of their own), and all runs of a template.',
  variables: [
    { name: 'workflow', label: 'Workflow', query: 'label_values(drydock_workflow_age_seconds, workflow)', all: true },
    {
      name: 'template',
      label: 'Template',
      query: 'label_values(argo_workflows_workflowtemplate_triggered_total, name)',
      all: true,
    },
  ],
  sections: [
    {
      title: 'Workflow $workflow',
      panels: [
        timeseries('Nodes done', 'Nodes that do work: done, and all that are known by now.', 'short', [
          sumBy('workflow, state', `drydock_workflow_nodes{${one}}`),
        ]),
        timeseries('Pods under way', 'Its pods that run or wait to.', 'short', [
          sumBy('workflow', `drydock_workflow_pods{${one}}`),
        ]),
        timeseries('Unchanged for', 'Seconds since anything changed in it.', 's', [
          maxBy('workflow', `drydock_workflow_unchanged_seconds{${one}}`),
        ]),
        {
          kind: 'bargauge',
          title: 'Age',
          about: 'Since it was made.',
          unit: 'dtdurations',
          width: 12,
          queries: [maxBy('workflow', `drydock_workflow_age_seconds{${one}}`)],
        },
        {
          kind: 'bargauge',
          title: 'Progress',
          about: 'Share of the known nodes that are done.',
          unit: 'percentunit',
          max: 1,
          width: 12,
          queries: [
            line(
              '{{workflow}}',
              `sum by (workflow) (drydock_workflow_nodes{${one}, state="done"}) / sum by (workflow) (drydock_workflow_nodes{${one}, state="total"} > 0)`,
            ),
          ],
        },
      ],
    },
    {
      title: 'Runs of $template',
      panels: [
        stacked('Phases entered', 'Workflows of the template, per minute.', 'cpm', [
          perMinute(`argo_workflows_workflowtemplate_triggered_total{${ofTemplate}}`, 'phase'),
        ]),
        timeseries(
          'Run time',
          'From start to end.',
          's',
          quantiles(`argo_workflows_workflowtemplate_runtime`).map(({ expr, ...rest }) => ({
            ...rest,
            expr: expr.replace('_bucket[', `_bucket{${ofTemplate}}[`),
          })),
        ),
        timeseries('Average run time', 'By template.', 's', [
          line(
            '{{name}}',
            `sum by (name) (rate(argo_workflows_workflowtemplate_runtime_sum{${ofTemplate}}[$__rate_interval])) / sum by (name) (rate(argo_workflows_workflowtemplate_runtime_count{${ofTemplate}}[$__rate_interval]))`,
          ),
        ]),
      ],
    },
  ],
}
