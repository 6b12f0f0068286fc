{{- /* The objects of one service, except network policies, certificates and Kafka's. Call with (list $ name service). */}}
{{- define "mesh.objects" -}}
{{- $root := index . 0 }}{{- $name := index . 1 }}{{- $service := index . 2 -}}
{{- $labels := include "mesh.labels" (list $root $name "service") -}}
{{- $selector := include "mesh.selector" (list $root $name "service") -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  labels:
    {{- $labels | nindent 4 }}
  {{- with $service.serviceAccountAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- if $service.serves }}
---
{{- /* Headless: callers resolve every pod, and balance over them. */}}
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels:
    {{- $labels | nindent 4 }}
spec:
  clusterIP: None
  selector:
    {{- $selector | nindent 4 }}
  ports:
    - { name: grpc, port: 50051, targetPort: grpc, appProtocol: grpc }
    - { name: institutions, port: 50053, targetPort: institutions, appProtocol: grpc }
{{- end }}
{{- if $service.servesPages }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels:
    {{- $labels | nindent 4 }}
spec:
  type: ClusterIP
  selector:
    {{- $selector | nindent 4 }}
  ports:
    - { name: http, port: 80, targetPort: http, appProtocol: http }
{{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels:
    {{- $labels | nindent 4 }}
spec:
  replicas: {{ include "mesh.replicas" . }}
  revisionHistoryLimit: 5
  progressDeadlineSeconds: 600
  {{- /*
  Gives clients time to find a new pod before the next old one stops, and the partitions of a pod that was killed a new holder: a lease
  lasts 6 s, and free ones are looked for every second.
  */}}
  minReadySeconds: 8
  strategy:
    {{- /* A volume can be on one node only, so the old pod stops first. */}}
    {{- if $service.documentStore.volume.size }}
    type: Recreate
    {{- else }}
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: 0, maxSurge: 25% }
    {{- end }}
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
  template:
    {{- include "mesh.pod" . | nindent 4 }}
{{- with $service.documentStore.volume }}
{{- if .size }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ $name }}-documents
  labels:
    {{- $labels | nindent 4 }}
  annotations:
    helm.sh/resource-policy: keep
spec:
  accessModes: [ReadWriteOnce]
  {{- with .storageClass }}
  storageClassName: {{ . | quote }}
  {{- end }}
  resources:
    requests: { storage: {{ .size | quote }} }
{{- end }}
{{- end }}
{{- if $service.autoscaling.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $name }}
  labels:
    {{- $labels | nindent 4 }}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: {{ $name }} }
  minReplicas: {{ int $service.autoscaling.minReplicas }}
  maxReplicas: {{ int $service.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: { type: Utilization, averageUtilization: {{ int $service.autoscaling.targetCPU }} }
  behavior:
    scaleDown: { stabilizationWindowSeconds: 300 }
{{- end }}
{{- if $service.disruption.enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $name }}
  labels:
    {{- $labels | nindent 4 }}
spec:
  {{- if hasKey $service.disruption "minAvailable" }}
  minAvailable: {{ $service.disruption.minAvailable }}
  {{- else }}
  maxUnavailable: {{ $service.disruption.maxUnavailable }}
  {{- end }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
{{- end }}
{{- end }}

{{- /*
The number of pods. With autoscaling it is the present number, because without a number Helm would set one. Call with (list $ name service).
*/}}
{{- define "mesh.replicas" -}}
{{- $root := index . 0 }}{{- $scaling := (index . 2).autoscaling -}}
{{- if $scaling.enabled }}
{{- $there := dig "spec" "replicas" 0 (lookup "apps/v1" "Deployment" $root.Release.Namespace (index . 1) | default dict) -}}
{{- max $scaling.minReplicas (min $there $scaling.maxReplicas) }}
{{- else }}
{{- (index . 2).replicas }}
{{- end }}
{{- end }}
