{{/* Ports of each service: gRPC and metrics. */}}
{{- define "oms.ports" -}}
orders: { grpc: 50051, metrics: 9461 }
payments: { grpc: 50052, metrics: 9462 }
inventory: { grpc: 50053, metrics: 9463 }
{{- end }}

{{- define "oms.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}
{{- end }}

{{/* What selects the pods of one deployment. Takes a dict: root, service, role. */}}
{{- define "oms.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
oms/role: {{ .role }}
{{- end }}

{{- define "oms.labels" -}}
{{ include "oms.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{/* Metadata of anything that belongs to one deployment. */}}
{{- define "oms.metadata" -}}
metadata:
  name: {{ include "oms.fullname" .root }}-{{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "oms.labels" . | nindent 4 }}
{{- end }}

{{/* What all pods have in common, around their one container. Takes the dict of oms.selector with metricsPort. */}}
{{- define "oms.pod" -}}
metadata:
  labels:
    {{- include "oms.labels" . | nindent 4 }}
  annotations:
    prometheus.io/scrape: "true"
    prometheus.io/port: {{ .metricsPort | quote }}
    prometheus.io/path: /metrics
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    # Reads the files of secrets.
    fsGroup: 65532
    seccompProfile: { type: RuntimeDefault }
  # The pause before the stop, and all graces of a stop together: calls, worker, pool.
  terminationGracePeriodSeconds: 45
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "oms.selector" . | nindent 10 }}
  {{- with .root.Values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* The image of a container, and what it may do. Takes the dict of oms.selector with resources. */}}
{{- define "oms.image" -}}
image: "{{ .root.Values.image.registry }}/{{ .service }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
resources: {{- toYaml .resources | nindent 2 }}
{{- end }}

{{/* The beginning of a container that serves. */}}
{{- define "oms.container" -}}
name: {{ .service }}
{{ include "oms.image" . }}
# Until it is taken out of all endpoints.
lifecycle:
  preStop: { sleep: { seconds: 5 } }
{{- end }}

{{/* Settings that all processes have. */}}
{{- define "oms.env" -}}
- { name: OMS_AUTH__MODE, value: token }
- { name: OMS_AUTH__ISSUER, value: {{ .Values.auth.issuer | quote }} }
- { name: OMS_AUTH__AUDIENCE, value: {{ .Values.auth.audience | quote }} }
- { name: OMS_AUTH__JWKS, value: {{ .Values.auth.jwks | quote }} }
- { name: OMS_AUTH__ROLES_CLAIM, value: {{ .Values.auth.rolesClaim | quote }} }
- { name: OMS_LOG__FORMAT, value: {{ .Values.log.format | quote }} }
- { name: OMS_TRACES__ENDPOINT, value: {{ .Values.traces.endpoint | quote }} }
- { name: OMS_TRACES__SAMPLE_RATIO, value: {{ printf "%v" .Values.traces.sampleRatio | quote }} }
{{- end }}

{{/* The gateway's settings for the console. */}}
{{- define "oms.console.env" -}}
{{- with .Values.console -}}
- { name: OMS_CONSOLE__WORKFLOW_LINK, value: {{ .workflowLink | quote }} }
- { name: OMS_CONSOLE__TRACE_LINK, value: {{ .traceLink | quote }} }
{{- if .issuer }}
- { name: OMS_CONSOLE__OIDC__ISSUER, value: {{ .issuer | quote }} }
- { name: OMS_CONSOLE__OIDC__CLIENT_ID, value: {{ .clientId | quote }} }
- { name: OMS_CONSOLE__OIDC__SCOPES, value: {{ .scopes | quote }} }
- { name: OMS_CONSOLE__OIDC__PUBLIC_URL, value: {{ .publicUrl | quote }} }
- name: OMS_CONSOLE__SESSION_KEYS
  valueFrom: { secretKeyRef: { name: {{ .secretName }}, key: {{ .sessionKeysKey }} } }
{{- if .clientSecretKey }}
- name: OMS_CONSOLE__OIDC__CLIENT_SECRET
  valueFrom: { secretKeyRef: { name: {{ .secretName }}, key: {{ .clientSecretKey }} } }
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Who may call a process, as a setting. */}}
{{- define "oms.callers" -}}
{{- if eq .service "gateway" -}}
{{ toJson .root.Values.tls.gatewayAllowed }}
{{- else if eq .service "orders" -}}
["spiffe://oms/gateway"]
{{- else -}}
["spiffe://oms/gateway", "spiffe://oms/orders"]
{{- end }}
{{- end }}

{{/* The settings of a process with TLS. Takes the dict of oms.selector. */}}
{{- define "oms.tls.env" -}}
{{- if .root.Values.tls.secretPrefix }}
- { name: OMS_TLS__CERTIFICATE, value: /tls/tls.crt }
- { name: OMS_TLS__KEY, value: /tls/tls.key }
- { name: OMS_TLS__CA, value: /tls/ca.crt }
- { name: OMS_TLS__CLIENT_CA, value: /tls/ca.crt }
- { name: OMS_TLS__ALLOWED, value: {{ include "oms.callers" . | quote }} }
- { name: OMS_METRICS__ALLOWED, value: {{ toJson .root.Values.tls.metricsAllowed | quote }} }
{{- end }}
{{- end }}

{{/* The key of a process's own token, for its calls to others; empty: it makes none. */}}
{{- define "oms.token.key" -}}
{{- if eq .service "orders" }}{{ .root.Values.auth.tokens.ordersKey }}{{ else if eq .service "gateway" }}{{ .root.Values.auth.tokens.gatewayKey }}{{ end }}
{{- end }}

{{- define "oms.token.env" -}}
{{- if include "oms.token.key" . }}
- { name: OMS_AUTH__TOKEN_FILE, value: /var/run/oms/token }
{{- end }}
{{- end }}

{{/* Its token and certificates, in the container and in the pod. */}}
{{- define "oms.mounts" -}}
{{- if or (include "oms.token.key" .) .root.Values.tls.secretPrefix }}
volumeMounts:
  {{- if include "oms.token.key" . }}
  - { name: token, mountPath: /var/run/oms, readOnly: true }
  {{- end }}
  {{- if .root.Values.tls.secretPrefix }}
  - { name: tls, mountPath: /tls, readOnly: true }
  {{- end }}
{{- end }}
{{- end }}

{{- define "oms.volumes" -}}
{{- if or (include "oms.token.key" .) .root.Values.tls.secretPrefix }}
volumes:
  {{- with include "oms.token.key" . }}
  - name: token
    secret:
      secretName: {{ $.root.Values.auth.tokens.secretName }}
      defaultMode: 0444
      items: [{ key: {{ . | quote }}, path: token }]
  {{- end }}
  {{- if .root.Values.tls.secretPrefix }}
  - name: tls
    secret: { secretName: {{ .root.Values.tls.secretPrefix }}-{{ .service }}, defaultMode: 0440 }
  {{- end }}
{{- end }}
{{- end }}

{{/* Where a service is, and who it has to be. Takes a dict: root, service. */}}
{{- define "oms.peer" -}}
- { name: OMS_{{ upper .service }}__ADDRESS, value: {{ include "oms.address" . | quote }} }
{{- if .root.Values.tls.secretPrefix }}
- { name: OMS_{{ upper .service }}__IDENTITY, value: "spiffe://oms/{{ .service }}" }
{{- end }}
{{- end }}

{{/* How a process is asked for its health. With TLS it has to be itself who asks. Takes a dict: root, service, plain. */}}
{{- define "oms.probe" -}}
{{- if .root.Values.tls.secretPrefix -}}
exec: { command: [/usr/local/bin/{{ .service }}, --health] }
{{- else -}}
{{ .plain }}
{{- end }}
{{- end }}

{{- define "oms.address" -}}
{{ if .root.Values.tls.secretPrefix }}https{{ else }}http{{ end }}://{{ include "oms.fullname" .root }}-{{ .service }}:{{ (get (include "oms.ports" .root | fromYaml) .service).grpc }}
{{- end }}
