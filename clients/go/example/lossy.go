package main

import (
	"context"

	ordersv1 "oms.example/clients/go/gen/oms/orders/v1"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// lossy is a network that fails at the worst moment: when an order has been created, and its reply is on the way.
type lossy struct {
	armed bool
	lost  string
}

// lose is an interceptor. Once armed it throws one reply away.
func (l *lossy) lose(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker,
	options ...grpc.CallOption) error {
	err := invoke(ctx, method, request, reply, conn, options...)
	created, ok := reply.(*ordersv1.CreateOrderResponse)
	if err != nil || !ok || !l.armed {
		return err
	}
	l.armed, l.lost = false, created.GetOrder().GetOrderId()
	created.Reset()
	return status.Error(codes.Unavailable, "the connection broke")
}
