"""Everything Hera can ask of a server, against the address in argv. Prints what came of it as one JSON object."""

import json
import sys
import time

from hera.workflows import (
    ClusterWorkflowTemplate,
    Container,
    CronWorkflow,
    DAG,
    Parameter,
    Steps,
    Suspend,
    Workflow,
    WorkflowsService,
    WorkflowTemplate,
    models as m,
)

service = WorkflowsService(host=sys.argv[1], token="unused", namespace="default")
image = sys.argv[2]
said = {}


def phase_of(name):
    return service.get_workflow(name).status.phase


def wait_for(name, phases, seconds=60):
    until = time.time() + seconds
    while time.time() < until:
        if phase_of(name) in phases:
            return phase_of(name)
        time.sleep(0.3)
    raise TimeoutError(f"{name} is {phase_of(name)}")


def shell(name, text, **more):
    return Container(name=name, image=image, command=["sh", "-c", text], **more)


def dag(**more):
    with Workflow(entrypoint="main", workflows_service=service, namespace="default", **more) as workflow:
        say = shell("say", "echo {{inputs.parameters.text}}", inputs=[Parameter(name="text")])
        with DAG(name="main"):
            first = say(name="first", arguments={"text": "one"})
            second = say(name="second", arguments={"text": "two"})
            first >> second
    return workflow


def refusal(action):
    try:
        action()
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    return "nothing was refused"


said["info"] = service.get_info().modals
said["version"] = service.get_version().version
service.get_user_info()

# create, wait, read
workflow = dag(generate_name="hera-", labels={"suite": "hera"})
workflow.lint()
created = workflow.create(wait=True)
said["waited"] = created.status.phase if created.status else None
name = workflow.name
wait_for(name, {"Succeeded"})
status = service.get_workflow(name).status
said["progress"] = status.progress
said["nodes"] = sorted(f"{node.display_name} {node.phase}" for node in status.nodes.values() if node.type == "Pod")
listed = service.list_workflows(label_selector="suite=hera,workflows.argoproj.io/phase=Succeeded")
said["listed"] = [item.metadata.name == name for item in listed.items]
said["few fields"] = service.list_workflows(label_selector="suite=hera", fields="items.metadata.name").items[0].status.phase
said["dry run"] = dag(generate_name="dry-").lint().metadata.uid

# operations
with Workflow(generate_name="gate-", entrypoint="main", workflows_service=service, namespace="default") as gate:
    with Steps(name="main"):
        Suspend(name="wait")(name="wait")
        shell("after", "exit ${FAIL:-0}")(name="after")
gate.create()
wait_for(gate.name, {"Running"})
until = time.time() + 30
while not any(n.type == "Suspend" and n.phase == "Running" for n in (service.get_workflow(gate.name).status.nodes or {}).values()):
    assert time.time() < until
    time.sleep(0.2)
service.suspend_workflow(gate.name, m.WorkflowSuspendRequest())
said["suspended"] = service.get_workflow(gate.name).spec.suspend
service.resume_workflow(gate.name, m.WorkflowResumeRequest())
said["resumed"] = wait_for(gate.name, {"Succeeded", "Failed"})
said["stop refused"] = refusal(lambda: service.stop_workflow(gate.name, m.WorkflowStopRequest()))
again = service.resubmit_workflow(gate.name, m.WorkflowResubmitRequest())
wait_for(again.metadata.name, {"Running"})
service.terminate_workflow(again.metadata.name, m.WorkflowTerminateRequest())
said["terminated"] = wait_for(again.metadata.name, {"Failed"})
third = service.resubmit_workflow(gate.name, m.WorkflowResubmitRequest())
wait_for(third.metadata.name, {"Running"})
service.stop_workflow(third.metadata.name, m.WorkflowStopRequest(message="enough"))
said["stopped"] = wait_for(third.metadata.name, {"Failed"})
with Workflow(generate_name="broken-", entrypoint="main", workflows_service=service, namespace="default") as broken:
    shell("main", "exit 3")
broken.create()
wait_for(broken.name, {"Failed"})
retried = service.retry_workflow(broken.name, m.WorkflowRetryRequest())
said["retried"] = [retried.metadata.name == broken.name, retried.status.finished_at]
said["failed again"] = wait_for(broken.name, {"Failed"})
said["retry refused"] = refusal(lambda: service.retry_workflow(name, m.WorkflowRetryRequest()))

# logs, artifacts
with Workflow(generate_name="files-", entrypoint="main", workflows_service=service, namespace="default") as files:
    shell(
        "main",
        "echo only line; echo content > /tmp/out.txt",
        outputs=[m.Artifact(name="out", path="/tmp/out.txt", archive=m.ArchiveStrategy(none=m.NoneStrategy()))],
    )
files.create()
wait_for(files.name, {"Succeeded"})
said["log"] = service.workflow_logs(files.name, container="main").model_dump(exclude_none=True) or "empty"
said["artifact"] = service.get_output_artifact(files.name, files.name, "out")
uid = service.get_workflow(files.name).metadata.uid
said["artifact by uid"] = service.get_output_artifact_by_uid(uid, files.name, "out")

# templates
with WorkflowTemplate(name="hera-template", entrypoint="main", workflows_service=service, namespace="default") as template:
    shell("main", "true")
template.create()
said["created twice"] = refusal(template.create).split(":")[0]
template.labels = {"changed": "yes"}
template.update()
said["updated"] = service.get_workflow_template("hera-template").metadata.labels
submitted = service.submit_workflow(m.WorkflowSubmitRequest(resource_kind="WorkflowTemplate", resource_name="hera-template"))
said["submitted"] = wait_for(submitted.metadata.name, {"Succeeded"})
service.delete_workflow_template("hera-template")
said["template gone"] = refusal(lambda: service.get_workflow_template("hera-template")).split(":")[0]
with ClusterWorkflowTemplate(name="hera-cluster", entrypoint="main", workflows_service=service) as cluster:
    shell("main", "true")
cluster.create()
said["cluster templates"] = [item.metadata.name for item in service.list_cluster_workflow_templates().items]
service.delete_cluster_workflow_template("hera-cluster")

# cron workflows
with CronWorkflow(name="hera-cron", entrypoint="main", schedules=["0 0 1 1 *"], workflows_service=service, namespace="default") as cron:
    shell("main", "true")
cron.create()
said["cron suspended"] = service.suspend_cron_workflow("hera-cron", m.CronWorkflowSuspendRequest()).spec.suspend
said["cron resumed"] = service.resume_cron_workflow("hera-cron", m.CronWorkflowResumeRequest()).spec.suspend
said["crons"] = [item.metadata.name for item in service.list_cron_workflows().items]
service.delete_cron_workflow("hera-cron")

# archive, limits
said["archived"] = uid in [item.metadata.uid for item in service.list_archived_workflows(namespace="default").items]
said["label values"] = service.list_archived_workflow_label_values(label_selector="suite").items
service.get_archived_workflow(uid)
limit = m.CreateSyncLimitRequest(cm_name="limits", key="gpu", limit=2)
service.create_sync_limit(limit)
service.get_sync_limit("gpu", cm_name="limits")
said["limit refused"] = refusal(lambda: service.create_sync_limit(limit)).split(":")[0]

# what is not there
said["unknown"] = refusal(lambda: service.get_workflow("none"))
service.delete_workflow(files.name)
said["deleted"] = refusal(lambda: service.get_workflow(files.name)).split(":")[0]
print(json.dumps(said, default=str))
