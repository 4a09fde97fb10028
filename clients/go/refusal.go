package oms

import (
	"fmt"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const domain = "oms"

// Reason says why a call was refused. It is stable, unlike the message. Each method's comment names its own.
type Reason string

// Some of the reasons.
const (
	ReasonInvalidFields  Reason = "INVALID_FIELDS"
	ReasonKeyReused      Reason = "IDEMPOTENCY_KEY_REUSED"
	ReasonOrderNotFound  Reason = "ORDER_NOT_FOUND"
	ReasonOrderState     Reason = "ORDER_STATE"
	ReasonRequestRunning Reason = "REQUEST_RUNNING"
)

// Violation is one field at fault.
type Violation struct {
	Field       string // its path: items[2].price
	Description string
}

// Refusal is the system's answer when a call was not carried out. Find it with [errors.As].
type Refusal struct {
	Reason     Reason
	Metadata   map[string]string // what is particular to the reason, such as the actual state
	Violations []Violation       // with ReasonInvalidFields
	RetryAfter time.Duration     // 0: repeating it does not help
	status     *status.Status
}

// Error implements error.
func (r *Refusal) Error() string {
	return fmt.Sprintf("%s: %s", r.Reason, r.status.Message())
}

// Code is the gRPC status code.
func (r *Refusal) Code() codes.Code {
	return r.status.Code()
}

// GRPCStatus lets [status.FromError] and [status.Code] see the status.
func (r *Refusal) GRPCStatus() *status.Status {
	return r.status
}

// refused makes a *Refusal of an error that carries the system's reason, and leaves others as they are.
func refused(err error) error {
	answer, ok := status.FromError(err)
	if err == nil || !ok {
		return err
	}
	refusal := &Refusal{status: answer}
	for _, detail := range answer.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.GetDomain() == domain {
				refusal.Reason = Reason(detail.GetReason())
				refusal.Metadata = detail.GetMetadata()
			}
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				refusal.Violations = append(refusal.Violations, Violation{violation.GetField(), violation.GetDescription()})
			}
		case *errdetails.RetryInfo:
			refusal.RetryAfter = detail.GetRetryDelay().AsDuration()
		}
	}
	if refusal.Reason == "" {
		return err
	}
	return refusal
}
