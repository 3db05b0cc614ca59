/** What to do about a fault, by Argo's words for it. */

const typeChoice = 'keep one of container, containerSet, script, resource, steps, dag, suspend, http, data, plugin'
const letters = 'use letters, digits and "-", with a letter or digit first'

/** The first pattern that fits counts. */
const advice: readonly (readonly [pattern: RegExp, advice: string])[] = [
  // the object and its spec
  [/must not be more than \d+ characters long/, 'shorten metadata.name'],
  [/spec\.entrypoint is required/, 'name the template to begin with: `entrypoint: main`'],
  [/template name '.*' undefined/, 'define that template below `templates`, or name one that is there'],
  [/Templates is invalid field in spec/, 'remove `templates` or `workflowTemplateRef`'],
  [/couldn't find workflow template/, 'create the WorkflowTemplate first, or lint its file together with this one'],
  [/couldn't find cluster workflow template/, 'create the ClusterWorkflowTemplate first, or lint its file as well'],
  [/template reference .* not found/, 'the object exists but has no template of that name'],
  [/resource name is required/, 'set templateRef.name, the object that holds the template'],
  [/template name is required/, 'set templateRef.template, the template within that object'],
  [/template name cannot be specified with templateRef/, 'remove `template` or `templateRef`'],
  [/failed to get a template/, 'give it a `template`, a `templateRef` or an `inline` template'],
  [/podGC\.strategy unknown/, 'OnPodCompletion, OnPodSuccess, OnWorkflowCompletion or OnWorkflowSuccess'],
  [/podGC\.labelSelector invalid/, 'operators are In, NotIn, Exists and DoesNotExist; keys and values are label texts'],
  [/executorPlugins/, 'a plugin needs metadata.name and a sidecar with port, requests, limits and securityContext'],
  // names
  [/Parameter\/Artifact name must consist/, 'use letters, digits, "_" and "-" only'],
  [/name must consist of alpha-numeric/, letters],
  [/must be no more than 128 characters/, 'shorten the name'],
  [/name '.*' is not unique/, 'give one of the two another name'],
  [/\.name is required/, 'give it a `name`'],
  [/reserved Argo container name/, 'give the container another name'],
  [/initContainers must all have container name/, 'give the init container a `name`'],
  // template types
  [/multiple template types specified/, typeChoice],
  [/type is unknown/, `the template does nothing: ${typeChoice.replace('keep one', 'give it one')}`],
  [/image may not be empty/, 'set `image`, here or in templateDefaults'],
  [/parallelism is only valid/, 'move `parallelism` to the steps or dag template that calls this one, or to the spec'],
  [/activeDeadlineSeconds is only valid/, 'move `activeDeadlineSeconds` to the leaf templates, or to the spec'],
  [/activeDeadlineSeconds must be/, 'a number of seconds from 0 on, or a variable'],
  [/has invalid duration format in timeout/, 'write the unit: `30s`, `5m`, `1h`'],
  [/doesn't support (timeout|pendingTimeout) field/, 'set it on the leaf templates'],
  [/is not a valid RetryPolicy/, 'Always, OnFailure, OnError or OnTransientError'],
  [/podResources is not supported/, 'remove `podResources`: no pod of its own runs'],
  [/claims is not supported for pod-level/, 'remove `claims`; use resourceClaims'],
  [/podResources/, 'only cpu, memory and hugepages-* can be given for a whole pod'],
  [/resourceClaims is not supported/, 'remove `resourceClaims`: no pod of its own runs'],
  [/already mounted in/, 'choose another path for one of the two'],
  [/resource\.action must be one of/, 'one of these, or a variable'],
  [
    /resource\.manifest or .* must be specified/,
    'write the object below `manifest`, or name an artifact in `manifestFrom`',
  ],
  [/both `manifest` and `manifestFrom`/, 'remove one of them'],
  [/refer to a non-exist artifact/, 'declare that artifact below inputs.artifacts'],
  [/must be a valid yaml/, 'see that the text is YAML once its variables are replaced'],
  [/containers must have at least one container/, 'add a container'],
  [/must have a container named "main"/, 'call the container that reads and writes artifacts `main`'],
  [/containers\.\S+ dependency '.*' not defined/, 'name another container of the same set'],
  [/dependency cycle detected/, 'remove one of the dependencies of the circle'],
  // parameters and artifacts
  [/inputs\.parameters\.\S+ was not supplied/, 'pass it as an argument, or give the input a `value` or `default`'],
  [/inputs\.artifacts\.\S+ was not supplied/, 'pass it as an argument, give it a location, or make it `optional`'],
  [/\.value or .*\.valueFrom is required/, 'give it a `value` or a `valueFrom`'],
  [/valueFrom only allows/, 'use a `value` with a variable, or configMapKeyRef'],
  [/should contain at least one value/, 'list the values that are allowed, or remove `enum`'],
  [/should be present in .* list/, 'choose a value of the list, or add this one to it'],
  [/\.value is required/, 'choose a value of the list'],
  [
    /from, artifact location, or key is required/,
    'say where it comes from: `from`, or a location such as `s3` or `raw`',
  ],
  [/both `from` and `fromExpression`/, 'remove one of them'],
  [/from not valid in inputs/, 'move `from` to the arguments of the caller'],
  [/path only valid in container\/script templates/, 'remove `path`: no container reads or writes it here'],
  [/did not specify a path/, 'say where the file stands: `path: /tmp/file`'],
  [/error in .*artifacts?\./, 'a path is a file or folder below /, without `..`'],
  [/both valueFrom and value specified/, 'remove one of them'],
  [
    /does not have valueFrom or value/,
    'say where the value comes from, for a container `valueFrom: {path: /tmp/file}`',
  ],
  [/valueFrom type unspecified/, 'for a container `path`, for steps and dag `parameter` or `expression`'],
  [/multiple valueFrom types/, 'keep one of them'],
  [/path must be specified for/, 'say in which file the value stands: `valueFrom: {path: /tmp/file}`'],
  [
    /parameter or expression must be specified/,
    'take it from a child: `parameter: "{{steps.A.outputs.parameters.p}}"`',
  ],
  [/jqFilter or jsonPath must be specified/, 'say which part of the object is meant'],
  [/(git|hdfs|s3|http)\S* is required|absolute file path|are required with/, 'complete the location of the artifact'],
  // variables
  [/failed to resolve \{\{[^}]*["\n\\]/, 'close the variable with }}'],
  [/failed to resolve \{\{\s*inputs\./, 'declare it below the inputs of this very template'],
  [/failed to resolve \{\{\s*workflow\.parameters/, 'declare it below spec.arguments.parameters'],
  [/failed to resolve \{\{\s*workflow\.outputs/, 'give an output of an earlier template that `globalName`'],
  [/failed to resolve \{\{\s*workflow\.(labels|annotations)/, 'add it to metadata or workflowMetadata'],
  [/failed to resolve \{\{\s*workflow\.failures/, 'it is known in the exit handler only'],
  [/failed to resolve \{\{\s*steps\./, 'only earlier steps of this template and what theirs declares can be used'],
  [/failed to resolve \{\{\s*tasks\./, 'only tasks that this one depends on and what theirs declares can be used'],
  [/failed to resolve \{\{\s*item/, 'the item is known in a step or task with withItems, withParam or withSequence'],
  [/failed to resolve \{\{\s*pod\./, 'the name of the pod is known in templates that run one'],
  [/failed to resolve/, 'see the variables that are known at this place in the documentation'],
  [/failed to unmarshall JSON expression/, 'close the expression with }}'],
  [/Cannot find end tag/, 'close the variable with }}'],
  // dag, steps, hooks
  [/must have at least one task/, 'add a task below dag.tasks'],
  [/sorting failed: duplicated nodeName/, 'give one of the two another name'],
  [/sorting failed: invalid dependency/, 'name a task of the same dag; results are written as `A.Succeeded`'],
  [/graph with cycle/, 'remove one of the dependencies of the circle'],
  [/cannot use both 'depends' and 'dependencies'/, "write the dependencies as `depends: 'A && B'`"],
  [/cannot use 'continueOn' when using 'depends'/, 'write `depends: A || A.Failed` where the task is depended on'],
  [/name cannot begin with a digit/, 'begin the name with a letter'],
  [
    /task result '.*' for task '.*' is invalid/,
    'Succeeded, Failed, Errored, Skipped, Omitted, Daemoned, AnySucceeded, AllFailed',
  ],
  [/uses an items-based condition/, 'give that task withItems or withParam, or ask for .Succeeded or .Failed'],
  [/targets?: target '.*' is not defined/, 'name a task of this dag'],
  [/missing dependency '/, 'add that task to `depends` or `dependencies`'],
  [/only one of withItems, withParam, withSequence/, 'keep one of them'],
  [/only one of count or end/, 'remove `count` or `end`'],
  [/Expression required/, 'say when the hook runs: `expression: workflow.status == "Running"`'],
  // metrics
  [/metric name '.*'|metric label '/, 'use letters, digits and "_", without a digit first'],
  [/must contain a help string/, 'add `help`'],
  [/metric '.*' error/, 'give the metric a `value`; a gauge in real time cannot use resourcesDuration'],
  // cron
  [/must have at least one schedule/, 'add one: `schedules: ["0 6 * * *"]`'],
  [/cron schedule .* is malformed/, 'five fields: minute, hour, day of the month, month, day of the week'],
  [/unknown time zone/, 'a name of the time zone database, such as Europe/Berlin'],
  [/is not a valid concurrencyPolicy/, 'Allow, Forbid or Replace'],
  [/startingDeadlineSeconds must be positive/, 'a number of seconds from 0 on'],
  // decoding
  [/unknown field/, 'remove it, or move it to where it belongs: perhaps it is indented too far or too little'],
  [/duplicate field|already set in map|keys must be unique/i, 'remove one of the two'],
  [/duplicate \w+ found/, 'give one of the two another name, or lint one file at a time'],
  [/cannot unmarshal (number|bool) .* of type string/, 'put quotes around the value'],
  [/cannot unmarshal/, 'see which type of value the field takes'],
  [/quantities must match/, 'a number with a unit: 500m, 128Mi, 2'],
  [/expected exactly one key/, 'a plugin template names one plugin'],
  [/spec\.event\.selector is required/, 'say which events are meant: `selector: payload.x != ""`'],
  [/workflowTemplateRef\.name is required/, 'name the WorkflowTemplate to submit'],
  [/is not JSON|JSON cannot hold/, 'see that the text is JSON'],
  [/not a text in UTF-8/, 'save the file as UTF-8'],
  [/control characters are not allowed/, 'remove the character, or write it as an escape in double quotes'],
  [/tab/i, 'indent with blanks'],
  [/unknown anchor/, 'define the anchor before it is used'],
  [/contains itself/, 'an anchor cannot hold an alias to itself'],
  [/map merge requires/, 'what follows `<<:` is an alias to a map'],
  [/^yaml: /, 'see the quotes, brackets and indentation at that place'],
]

/** `undefined` for words that nobody has an answer to. */
export const adviceFor = (message: string): string | undefined => advice.find(([pattern]) => pattern.test(message))?.[1]

/** The problem with something to do about it. */
export function advised<P extends { readonly message: string; readonly hint?: string | undefined }>(problem: P): P {
  if (problem.hint !== undefined) return problem
  const hint = adviceFor(problem.message)
  return hint === undefined ? problem : { ...problem, hint }
}
