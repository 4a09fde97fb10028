// Command manifests reads Kubernetes manifests from standard input and fails on what a cluster would refuse or ignore: a
// kind or field that does not exist, a value of the wrong type, and a reference to nothing.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"
)

func main() {
	objects, faults := decode(os.Stdin)
	faults = append(faults, check(objects)...)
	for _, fault := range faults {
		fmt.Fprintln(os.Stderr, fault)
	}
	if len(faults) > 0 || len(objects) == 0 {
		os.Exit(1)
	}
	fmt.Printf("%d objects\n", len(objects))
}

func decode(input io.Reader) (objects []runtime.Object, faults []error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, autoscalingv2.AddToScheme, corev1.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, []error{err}
		}
	}
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
	reader := yaml.NewYAMLReader(bufio.NewReader(input))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return objects, faults
		}
		if err != nil {
			return objects, append(faults, err)
		}
		if empty(document) {
			continue
		}
		object, _, err := strict.Decode(document, nil, nil)
		if err != nil {
			faults = append(faults, fmt.Errorf("%w in:\n%s", err, document))
			continue
		}
		objects = append(objects, object)
	}
}

// empty is what a template leaves of which nothing is switched on.
func empty(document []byte) bool {
	for _, line := range bytes.Split(document, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && !bytes.Equal(line, []byte("---")) {
			return false
		}
	}
	return true
}

// check finds names that are used twice, selectors that select no pod, and ports and targets that are not there.
func check(objects []runtime.Object) (faults []error) {
	var pods []appsv1.Deployment
	seen := map[string]bool{}
	for _, object := range objects {
		meta := object.(metav1.Object)
		name := fmt.Sprintf("%s %s", object.GetObjectKind().GroupVersionKind().Kind, meta.GetName())
		if seen[name] {
			faults = append(faults, fmt.Errorf("%s: there are two", name))
		}
		seen[name] = true
		if deployment, ok := object.(*appsv1.Deployment); ok {
			pods = append(pods, *deployment)
		}
	}
	selected := func(selector labels.Selector) (found []corev1.PodSpec) {
		for _, deployment := range pods {
			if selector.Matches(labels.Set(deployment.Spec.Template.Labels)) {
				found = append(found, deployment.Spec.Template.Spec)
			}
		}
		return found
	}
	for _, object := range objects {
		fault := func(format string, arguments ...any) {
			kind := object.GetObjectKind().GroupVersionKind().Kind
			faults = append(faults, fmt.Errorf("%s %s: %w", kind, object.(metav1.Object).GetName(), fmt.Errorf(format, arguments...)))
		}
		one := func(selector *metav1.LabelSelector) {
			parsed, err := metav1.LabelSelectorAsSelector(selector)
			if err != nil {
				fault("%w", err)
			} else if len(selected(parsed)) == 0 {
				fault("%s selects no pod", parsed)
			}
		}
		switch object := object.(type) {
		case *appsv1.Deployment:
			own, err := metav1.LabelSelectorAsSelector(object.Spec.Selector)
			if err != nil {
				fault("%w", err)
			} else if !own.Matches(labels.Set(object.Spec.Template.Labels)) || len(selected(own)) != 1 {
				fault("%s should select its own pods and no others", own)
			}
		case *corev1.Service:
			found := selected(labels.SelectorFromSet(object.Spec.Selector))
			for _, port := range object.Spec.Ports {
				for _, pod := range found {
					if !listens(pod, port.TargetPort.String()) {
						fault("no port %s in the pods", port.TargetPort.String())
					}
				}
			}
			if len(found) == 0 {
				fault("selects no pod")
			}
		case *policyv1.PodDisruptionBudget:
			one(object.Spec.Selector)
		case *networkingv1.NetworkPolicy:
			one(&object.Spec.PodSelector)
			for _, rule := range object.Spec.Ingress {
				peers(rule.From, one)
			}
			for _, rule := range object.Spec.Egress {
				peers(rule.To, one)
			}
		case *autoscalingv2.HorizontalPodAutoscaler:
			if target := object.Spec.ScaleTargetRef; !seen[target.Kind+" "+target.Name] {
				fault("there is no %s %s", target.Kind, target.Name)
			}
			if minimum := object.Spec.MinReplicas; minimum != nil && *minimum > object.Spec.MaxReplicas {
				fault("at least %d replicas and at most %d", *minimum, object.Spec.MaxReplicas)
			}
		}
	}
	return faults
}

// peers of another namespace are somebody else's.
func peers(all []networkingv1.NetworkPolicyPeer, one func(*metav1.LabelSelector)) {
	for _, peer := range all {
		if peer.PodSelector != nil && peer.NamespaceSelector == nil {
			one(peer.PodSelector)
		}
	}
}

func listens(pod corev1.PodSpec, port string) bool {
	for _, container := range pod.Containers {
		for _, open := range container.Ports {
			if open.Name == port || fmt.Sprint(open.ContainerPort) == port {
				return true
			}
		}
	}
	return false
}
