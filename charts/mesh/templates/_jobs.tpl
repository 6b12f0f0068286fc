{{- /*
The pod of a Job: one container that runs a command of a service's image and ends. Call with a dict: root, name and service; component;
account; args; env, mounts and volumes as text; resources.
*/}}
{{- define "mesh.jobPod" -}}
{{- $root := .root -}}
metadata:
  labels:
    {{- include "mesh.podLabels" (list $root .name .component) | nindent 4 }}
spec:
  serviceAccountName: {{ .account }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  restartPolicy: Never
  {{- with $root.Values.global.imagePullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . | quote }}
    {{- end }}
  {{- end }}
  securityContext:
    {{- include "mesh.podSecurity" $root | nindent 4 }}
  containers:
    - name: {{ .container }}
      image: {{ include "mesh.image" (list $root (printf "crossroads/%s" .name) .service.image) | quote }}
      imagePullPolicy: {{ $root.Values.global.imagePullPolicy }}
      args: {{ toJson .args }}
      securityContext:
        {{- include "mesh.containerSecurity" $root | nindent 8 }}
      env:
        {{- .env | trim | nindent 8 }}
      resources:
        {{- toYaml .resources | nindent 8 }}
      volumeMounts:
        {{- .mounts | trim | nindent 8 }}
  volumes:
    {{- with .volumes }}
    {{- . | trim | nindent 4 }}
    {{- end }}
    - name: tmp
      emptyDir: { sizeLimit: 64Mi }
{{- end }}

{{- /* A Job that migrates the databases of a service. Call with (list $ name service suffix args annotations). */}}
{{- define "mesh.migrationJob" -}}
{{- $root := index . 0 }}{{- $name := index . 1 }}{{- $service := index . 2 -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $name }}-{{ index . 3 }}
  labels:
    {{- include "mesh.labels" (list $root $name "migrations") | nindent 4 }}
  {{- with index . 5 }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  backoffLimit: {{ int $root.Values.migrations.backoffLimit }}
  activeDeadlineSeconds: {{ int $root.Values.migrations.activeDeadlineSeconds }}
  template:
    {{- /* A hook runs before this release makes ServiceAccounts. The pod gets no token, so the account gives no rights. */}}
    {{- include "mesh.jobPod" (dict "root" $root "name" $name "service" $service "component" "migrations" "container" "migrate"
      "account" "default" "args" (index . 4) "env" (include "mesh.migrationEnv" (list $root $name $service))
      "mounts" (printf "%s\n- { name: tmp, mountPath: /tmp }" (include "mesh.databaseAuthorityMount" $root)) "volumes" (include "mesh.databaseAuthorityVolume" (list $root $name)) "resources" $root.Values.migrations.resources) | nindent 4 }}
{{- end }}
