{{- /* What the Pod Security level "restricted" requires of a pod. */}}
{{- define "mesh.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "mesh.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- /* The volume of a service's identity: its certificate, and the authorities that it trusts. Call with (list $ secret). */}}
{{- define "mesh.tlsVolume" -}}
{{- $root := index . 0 }}{{- $secret := index . 1 }}{{- $trust := $root.Values.certificates.trust -}}
- name: tls
  projected:
    defaultMode: 0440
    sources:
      - secret:
          name: {{ $secret | quote }}
          items:
            - { key: tls.crt, path: tls.crt }
            - { key: tls.key, path: tls.key }
            {{- if not (or $trust.secret $trust.configMap) }}
            - { key: ca.crt, path: ca.crt }
            {{- end }}
      {{- with $trust.secret }}
      - secret: { name: {{ . | quote }}, items: [{ key: ca.crt, path: ca.crt }] }
      {{- end }}
      {{- with $trust.configMap }}
      - configMap: { name: {{ . | quote }}, items: [{ key: ca.crt, path: ca.crt }] }
      {{- end }}
{{- end }}

{{- /* The pod template of a service. Call with (list $ name service). */}}
{{- define "mesh.pod" -}}
{{- $root := index . 0 }}{{- $name := index . 1 }}{{- $service := index . 2 -}}
{{- $env := include "mesh.env" . -}}
metadata:
  labels:
    {{- include "mesh.podLabels" (list $root $name "service") | nindent 4 }}
    app.kubernetes.io/version: {{ include "mesh.versionLabel" $root }}
  annotations:
    checksum/config: {{ sha256sum $env }}
    crossroads/secrets-revision: {{ $root.Values.global.secretsRevision | quote }}
    {{- with $service.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ $name }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ int $service.terminationGracePeriodSeconds }}
  {{- with $root.Values.global.imagePullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . | quote }}
    {{- end }}
  {{- end }}
  {{- with $service.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- with $service.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $service.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- include "mesh.podSecurity" . | nindent 4 }}
  topologySpreadConstraints:
    {{- include "mesh.spread" (list $root $name "topology.kubernetes.io/zone" $service.spread.zones) | nindent 4 }}
    {{- include "mesh.spread" (list $root $name "kubernetes.io/hostname" $service.spread.nodes) | nindent 4 }}
  containers:
    - name: {{ $name }}
      image: {{ include "mesh.image" (list $root (printf "crossroads/%s" $name) $service.image) | quote }}
      imagePullPolicy: {{ $root.Values.global.imagePullPolicy }}
      securityContext:
        {{- include "mesh.containerSecurity" . | nindent 8 }}
      ports:
        {{- if $service.serves }}
        - { name: grpc, containerPort: 50051 }
        - { name: institutions, containerPort: 50053 }
        {{- end }}
        - { name: health, containerPort: 50052 }
        {{- if $service.servesPages }}
        - { name: http, containerPort: 8080 }
        {{- end }}
      env:
        {{- $env | nindent 8 }}
      resources:
        {{- toYaml $service.resources | nindent 8 }}
      {{- if $service.servesPages }}
      {{- /* It goes on serving until proxies know that it stops; the image has no other program that could wait. */}}
      lifecycle:
        preStop:
          exec: { command: [/usr/local/bin/node, --eval, "setTimeout(() => {}, {{ int $service.drainMs }})"] }
      {{- end }}
      {{- /* Two minutes, because a first start waits for its schema. */}}
      startupProbe:
        grpc: { port: 50052, service: startup }
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 60
      livenessProbe:
        grpc: { port: 50052, service: liveness }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 3
      readinessProbe:
        grpc: { port: 50052 }
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 2
      volumeMounts:
        {{- include "mesh.mounts" (list $root $service) | nindent 8 }}
  volumes:
    {{- include "mesh.secretVolumes" . | nindent 4 }}
    {{- if $service.documentStore.volume.size }}
    - name: documents
      persistentVolumeClaim: { claimName: {{ $name }}-documents }
    {{- end }}
    - name: tmp
      emptyDir: { sizeLimit: 64Mi }
{{- end }}

{{- /* Where a container finds its identity, its keys and its documents. Call with (list $ service). */}}
{{- define "mesh.mounts" -}}
{{- $root := index . 0 }}{{- with index . 1 -}}
- { name: tls, mountPath: /etc/crossroads/tls, readOnly: true }
{{- if .serves }}
- { name: institutions, mountPath: /etc/crossroads/institutions, readOnly: true }
{{- end }}
{{- if and .servesPages $root.Values.portal.signIn.caSecret }}
- { name: sign-in, mountPath: /etc/crossroads/sign-in, readOnly: true }
{{- end }}
{{- if .keys }}
- { name: keys, mountPath: /etc/crossroads/keys, readOnly: true }
{{- end }}
{{- if .receipts }}
- { name: receipts, mountPath: /etc/crossroads/receipts, readOnly: true }
{{- end }}
{{- if .documentStore.volume.size }}
- { name: documents, mountPath: /var/lib/crossroads }
{{- end }}
{{- if .database }}
{{- include "mesh.databaseAuthorityMount" $root }}
{{- end }}
{{- end }}
- { name: tmp, mountPath: /tmp }
{{- end }}

{{- /* The authorities of database servers, for sslrootcert in URLs. Nothing where the servers have a certificate of a public authority. */}}
{{- define "mesh.databaseAuthorityMount" -}}
{{- if or .Values.postgresql.caSecret .Values.postgresql.cloudNativePg.enabled }}
- { name: database-authority, mountPath: /etc/crossroads/postgresql, readOnly: true }
{{- end }}
{{- end }}

{{- /* ca.crt; with CloudNativePG <Cluster>.crt of each Cluster that the service connects to. Call with (list $ name). */}}
{{- define "mesh.databaseAuthorityVolume" -}}
{{- $postgresql := (index . 0).Values.postgresql }}
{{- if or $postgresql.caSecret $postgresql.cloudNativePg.enabled }}
- name: database-authority
  projected:
    defaultMode: 0440
    sources:
      {{- if $postgresql.caSecret }}
      - secret: { name: {{ $postgresql.caSecret | quote }}, items: [{ key: ca.crt, path: ca.crt }] }
      {{- else }}
      {{- range $cluster := include "mesh.clustersOf" . | fromJsonArray }}
      - secret: { name: "{{ $cluster }}-ca", items: [{ key: ca.crt, path: "{{ $cluster }}.crt" }] }
      {{- end }}
      {{- end }}
{{- end }}
{{- end }}

{{- /* The volumes of a service's identity and keys. Call with (list $ name service). */}}
{{- define "mesh.secretVolumes" -}}
{{- $root := index . 0 }}{{- $name := index . 1 }}{{- $service := index . 2 -}}
{{- include "mesh.tlsVolume" (list $root (include "mesh.secret" (list $service $name "tls"))) }}
{{- if $service.serves }}
{{- /* Only the certificates: of a Secret of cert-manager the key of the authority stays where it is. */}}
- name: institutions
  {{- with $root.Values.certificates.institutions }}
  {{- if .secret }}
  secret: { secretName: {{ .secret | quote }}, defaultMode: 0440, items: [{ key: ca.crt, path: ca.crt }] }
  {{- else }}
  configMap: { name: {{ .configMap | quote }}, items: [{ key: ca.crt, path: ca.crt }] }
  {{- end }}
  {{- end }}
{{- end }}
{{- if $service.servesPages }}
{{- with $root.Values.portal.signIn.caSecret }}
- name: sign-in
  secret: { secretName: {{ . | quote }}, defaultMode: 0440, items: [{ key: ca.crt, path: ca.crt }] }
{{- end }}
{{- end }}
{{- if $service.keys }}
- name: keys
  secret:
    secretName: {{ include "mesh.secret" (list $service $name "keys") | quote }}
    defaultMode: 0440
    items: [{ key: keys.json, path: keys.json }]
{{- end }}
{{- if $service.receipts }}
{{- $file := ternary "receipt-key.pem" "receipt-keys.json" (eq $service.receipts "sign") }}
- name: receipts
  secret:
    secretName: {{ include "mesh.secret" (list $service $name "receipts") | quote }}
    defaultMode: 0440
    items: [{ key: {{ $file }}, path: {{ $file }} }]
{{- end }}
{{- if $service.database }}
{{- include "mesh.databaseAuthorityVolume" (list $root $name) }}
{{- end }}
{{- end }}

{{- /* Call with (list $ name topologyKey whenUnsatisfiable). */}}
{{- define "mesh.spread" -}}
- maxSkew: 1
  topologyKey: {{ index . 2 }}
  whenUnsatisfiable: {{ index . 3 }}
  labelSelector:
    matchLabels:
      {{- include "mesh.selector" (list (index . 0) (index . 1) "service") | nindent 6 }}
  matchLabelKeys: [pod-template-hash]
{{- end }}
