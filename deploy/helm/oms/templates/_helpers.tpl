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

{{/* The beginning of a container. Takes the dict of oms.selector with resources. */}}
{{- define "oms.container" -}}
name: {{ .service }}
image: "{{ .root.Values.image.registry }}/{{ .service }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
resources: {{- toYaml .resources | nindent 2 }}
# Until it is taken out of all endpoints.
lifecycle:
  preStop: { sleep: { seconds: 5 } }
{{- end }}

{{/* Settings that all processes have. */}}
{{- define "oms.env" -}}
- { name: OMS_LOG__FORMAT, value: {{ .Values.log.format | quote }} }
- { name: OMS_TRACES__ENDPOINT, value: {{ .Values.traces.endpoint | quote }} }
- { name: OMS_TRACES__SAMPLE_RATIO, value: {{ printf "%v" .Values.traces.sampleRatio | quote }} }
{{- end }}

{{- define "oms.address" -}}
http://{{ include "oms.fullname" .root }}-{{ .service }}:{{ (get (include "oms.ports" .root | fromYaml) .service).grpc }}
{{- end }}
