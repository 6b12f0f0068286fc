{{- /* Labels of an object. Call with (list $ name). */}}
{{- define "dev.labels" -}}
{{ include "dev.selector" . }}
app.kubernetes.io/part-of: crossroads-dev
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name (index . 0).Chart.Version }}
{{- end }}

{{- /* charts/mesh lets its services out to pods of these names (profiles/dev.yaml). */}}
{{- define "dev.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{- /* As Pod Security's "restricted" asks, under the user of the image. Call with the user. */}}
{{- define "dev.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "dev.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- /* A Service in front of the one pod. Call with (list $ name (dict port name)). */}}
{{- define "dev.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ index . 1 }}
  labels:
    {{- include "dev.labels" . | nindent 4 }}
spec:
  {{- /* The broker calls itself by its Service's name before it is ready. */}}
  publishNotReadyAddresses: true
  selector:
    {{- include "dev.selector" . | nindent 4 }}
  ports:
    {{- range $name, $port := index . 2 }}
    - { name: {{ $name }}, port: {{ $port }}, targetPort: {{ $name }} }
    {{- end }}
{{- end }}

{{- define "dev.claim" -}}
metadata:
  name: data
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: {{ . }} } }
{{- end }}
