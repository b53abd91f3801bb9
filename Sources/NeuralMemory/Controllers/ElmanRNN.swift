// The simple recurrent network (Elman 1990): h_t = tanh([x_t ; r_{t-1} ; h_{t-1}] W + b).

/// Settings of an Elman network.
public struct ElmanRNN: ControllerKind {
    public static let kind = "rnn"
    public static let summary = "simple recurrent network (Elman), one tanh layer"

    /// H, at least 1.
    public var units = 64
    /// Whether h_0 is trained; otherwise it is 0.
    public var trainsInitialState = true

    public init() {}

    /// H units; h_0 is trained.
    public init(units: Int) { self.units = units }

    public func makeController(
        _ layout: inout ParameterLayout, inputSize: Int, readSize: Int
    ) throws -> any Controller {
        try require("network.controller.units", units, in: 1...largestSize)
        return try LayeredController(
            &layout, inputSize: inputSize, readSize: readSize, trainsInitialState: trainsInitialState,
            [.init(name: "layer0", cell: PointwiseCell(.tanh, isRecurrent: true), units: units)])
    }
}

extension ElmanRNN {
    public static let settingDescriptions = [
        SettingDescription("units", "H, the units", unit: "units", in: 1...largestSize),
        SettingDescription("trainsInitialState", "Whether h_0 is trained; otherwise it is 0")
    ]
}
