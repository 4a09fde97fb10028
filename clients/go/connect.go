// Package oms calls the order management system: connections that repeat what may be repeated, refusals as
// typed errors, and watches that resume. The stubs are in gen/, made from the contracts in proto/.
package oms

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// Connect prepares a connection to the gateway, or to one of the services, at host:port. It is made when first
// used. The options come last, so interceptors among them see each attempt of a call.
func Connect(address string, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	ours := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDisableRetry(), // retry, below, is the one place that repeats.
		grpc.WithChainUnaryInterceptor(retry),
	}
	return grpc.NewClient(address, append(ours, options...)...)
}
